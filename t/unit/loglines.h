/* What the log says: stderr is a socket that keeps the lines apart. For a checked fixture. */
#ifndef T_UNIT_LOGLINES_H
#define T_UNIT_LOGLINES_H

void loglines_begin(void);
void loglines_end(void);
/* The next line without its end; NULL: there is none. Static. */
const char *loglines_next(void);

#endif
