/* Host and domain names as others write them (HELO, the domain of a mail address, a reverse name) -> the name that a list
 * can be asked about: lower case, A-labels, no final dot. What cannot be asked about is told apart and never guessed at.
 * Pure functions, safe from any thread; time is linear in the text.   RFC: 1035, 1123 section 2.1, 5890, 5891; UTS #46. */
#ifndef COMMON_DOMAIN_H
#define COMMON_DOMAIN_H

#include <stdbool.h>

enum { DOMAIN_BYTES = 254, DOMAIN_TEXT_MAX_BYTES = 1000 };   /* with the NUL; of the text that is looked at */

enum domain_kind {
	DOMAIN_NAME,        /* at least two labels: can be asked about */
	DOMAIN_NONE,        /* nothing there */
	DOMAIN_ADDRESS,     /* [192.0.2.1], 192.0.2.1, 2001:db8::1, and whatever else ends with a number: no name in the DNS does */
	DOMAIN_ONE_LABEL,   /* "localhost", "friend" */
	DOMAIN_BROKEN,      /* characters or lengths that the DNS or IDNA do not have */
};

/* What is this text? *out is the name for DOMAIN_NAME and DOMAIN_ONE_LABEL, and untouched otherwise. NULL reads as "".
 * U-labels are taken in UTF-8; A-labels are not looked into. Letters, digits, '-' and '_' only. */
enum domain_kind domain_parse(char out[DOMAIN_BYTES], const char *text);

#endif
