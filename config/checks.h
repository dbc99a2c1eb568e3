/* What must hold between several keys, and what follows from them: the finish() of the schema's tables.
 * Each gets the filled struct; pointers in it may be NULL where a key was missing (not `sound`). */
#ifndef CONFIG_CHECKS_H
#define CONFIG_CHECKS_H

#include <stdbool.h>

struct reader;
struct node;

void checks_dns(struct reader *reader, const struct node *node, void *object, bool sound);
void checks_response(struct reader *reader, const struct node *node, void *object, bool sound);
/* Also fills what the list's keys determine: zone_wire, the refused codes that always hold, the responses' own or
 * inherited points and texts. */
void checks_list(struct reader *reader, const struct node *node, void *object, bool sound);
void checks_rule(struct reader *reader, const struct node *node, void *object, bool sound);
void checks_exception(struct reader *reader, const struct node *node, void *object, bool sound);
void checks_reply(struct reader *reader, const struct node *node, void *object, bool sound);
void checks_prefix(struct reader *reader, const struct node *node, void *object, bool sound);
void checks_root(struct reader *reader, const struct node *node, void *object, bool sound);

#endif
