/* demo: the scene of the suites of stage. */
#include "t/unit/demo.h"

#include <check.h>

#include "t/unit/fixture.h"
#include "t/unit/loglines.h"

static const struct dnsstub_rule answers[] = {
	{ "2.2.0.192.bl.example", "an @ 300 A 127.0.0.2", NULL },
	{ "2.2.0.192.two.example", "an @ 300 A 127.0.0.2", NULL },
	{ "2.2.0.192.three.example", "an @ 300 A 127.0.0.2", NULL },
	{ "7.100.51.198.bl.example", "an @ 300 A 127.0.0.4", NULL },
	{ "3.2.0.192.bl.example", "silent", NULL },
	{ "4.2.0.192.bl.example", "an @ 300 A 127.255.255.254", NULL },
	{ "*", "rcode 3; ns @ 60 SOA 60", NULL },
	{ NULL, NULL, NULL },
};

void demo_set_up(void)
{
	say_set_up(answers);
}

void demo_tear_down(void)
{
	say_end();
	ck_assert_ptr_null(loglines_next());
	say_tear_down();
}

void demo_begin_with(const char *lists, const char *dns, const char *more)
{
	say_begin(fixture_rulesf("{'dns': {'servers': ['%s'], 'timeout': '4s', 'tries': 1%s}, 'lists': [%s]%s}",
				 dnsstub_address(stub), dns, lists, more));
}

void demo_begin(const char *dns, const char *more)
{
	demo_begin_with("{'name': 'demo', 'zone': 'bl.example', 'message': 'see {ip}', 'header': '{ip} is listed by {list}'}", dns,
			more);
}
