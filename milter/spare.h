/* Exempt recipients: whose refusals do not hold. Knows no libmilter type; one callback of a session at a time. Nothing waits. */
#ifndef MILTER_SPARE_H
#define MILTER_SPARE_H

#include "milter/session.h"

/* What exceptions say of this recipient (as in RCPT TO; NULL: nobody knows), and which rules name him. */
void spare_recipient(struct session *session, const char *recipient, struct exempt_rules *which, struct exemption *out);
/* He was accepted; what the rules say of him counts again at the end. Takes no memory, however many there are. */
void spare_note(struct session *session, const struct exempt_rules *which, const struct exemption *exemption);

/* Does the verdict hold in spite of this exemption? *out is what is left of it. */
bool spare_holds(struct session *session, const struct exemption *exemption, struct verdict *out);
/* Is there a recipient for whom the refusal does not hold? Then all get the message: it cannot be refused for some. Sets
 * session->spared. */
bool spare_message(struct session *session);

#endif
