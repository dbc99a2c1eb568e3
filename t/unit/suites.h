/* The suites of the unit tests, one line each. A new check_MODULE.c includes this file, defines
 *     Suite *MODULE_suite(void)
 * and adds its line SUITE(MODULE) below: that is all. The file is meant to be included more than once: it declares the
 * suites, and where SUITE is defined (main.c) it makes the table of them. */
#include <check.h>

#ifndef ROWS
#define ROWS(table) ((int)(sizeof(table) / sizeof((table)[0])))   /* for tcase_add_loop_test(): a test for each row */
#endif

#ifndef SUITE
#define SUITE(module) Suite *module##_suite(void);
#endif

SUITE(errmsg)
SUITE(monotime)
SUITE(arena)
SUITE(text)
SUITE(log)
SUITE(ipaddr)
SUITE(addrpat)
SUITE(answerpat)
SUITE(template)
SUITE(received)
SUITE(hops)
SUITE(siphash)
SUITE(listcache)
SUITE(ruleset)
SUITE(dnswire)
SUITE(query)
SUITE(subject)
SUITE(exempt)
SUITE(check)
SUITE(hit)
SUITE(score)
SUITE(verdict)
SUITE(decode)
SUITE(prefix)
SUITE(marks)
SUITE(resolver)
SUITE(lookup)
SUITE(dnsserver)
SUITE(faults)
SUITE(nearest)
SUITE(duration)
SUITE(value)
SUITE(locate)
SUITE(schema)
SUITE(config)
SUITE(journal)
SUITE(keep)
SUITE(manual)
SUITE(recent)
SUITE(inforce)
SUITE(session)
SUITE(stage)
SUITE(screening)
SUITE(stage_checks)
SUITE(report)
SUITE(listener)
SUITE(notify)
SUITE(prober)
SUITE(trust)
SUITE(health)
SUITE(latency)
SUITE(brake)

SUITE(domain)
SUITE(suffix)
SUITE(mailaddr)
SUITE(nameform)
SUITE(namepat)
SUITE(origin)
SUITE(blocked)
SUITE(profile)
SUITE(show)
SUITE(dirwatch)
#undef SUITE
