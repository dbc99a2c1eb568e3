/* The xxfi_* functions: unpack libmilter's arguments, call stage, hand the outcome to reply. */
#ifndef MILTER_CALLBACKS_H
#define MILTER_CALLBACKS_H

#include <stdbool.h>

#include "common/errmsg.h"
#include "milter/session.h"

/* Registers with libmilter. `service` must outlive smfi_main(); `over_tcp`: the milter's socket is one (see negotiate).
 * False: `err` says why. */
bool callbacks_register(struct service *service, bool over_tcp, struct errmsg *err);

#endif
