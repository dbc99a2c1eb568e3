/* answer: what came back for one DNS question.
 * Only the forms with data of several sizes need any walking. */
#include "common/answer.h"

#include <string.h>

size_t answer_bytes(const struct answer *answer)
{
	return offsetof(struct answer, addr) +
	       (answer->form == ANSWER_CODES ? answer->n * sizeof answer->addr[0] : answer->n_bytes);
}

bool answer_has_address(const struct answer *answer, const struct ipaddr *addr)
{
	if (answer->status != ANSWER_LISTED || answer->n_bytes != answer->n * addr->len)
		return false;
	for (size_t at = 0; at < answer->n_bytes; at += addr->len)
		if (memcmp(answer->bytes + at, addr->byte, addr->len) == 0)
			return true;
	return false;
}

size_t answer_next_name(const struct answer *answer, size_t *at)
{
	size_t from = *at, end = from;

	if (answer->status != ANSWER_LISTED || from >= answer->n_bytes)
		return 0;
	while (answer->bytes[end] != 0)
		end += answer->bytes[end] + 1u;
	*at = end + 1;
	return *at - from;
}
