/* errmsg: one sentence for a person, in a fixed buffer.
 * A longer sentence is cut: better a short reason than none. */
#include "common/errmsg.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void errmsg_set(struct errmsg *err, const char *format, ...)
{
	struct errmsg whole;   /* apart, since the old sentence may be one of the arguments */
	va_list args;

	if (err == NULL)
		return;
	va_start(args, format);
	if (vsnprintf(whole.text, sizeof whole.text, format, args) >= 0)
		memcpy(err->text, whole.text, strlen(whole.text) + 1);
	va_end(args);
}
