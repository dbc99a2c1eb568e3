/* libmilter's header, by the one way that is safe: without <stdbool.h> before it, it makes bool an int. */
#ifndef MILTER_MFAPI_H
#define MILTER_MFAPI_H

#include <stdbool.h>

#include <libmilter/mfapi.h>

#endif
