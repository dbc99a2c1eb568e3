/* Tests of resolvconf: the file as it is found. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/resolvconf.h"
#include "common/text.h"
#include "t/unit/suites.h"

static const char *describe(const struct resolvconf *conf)
{
	static char buf[1000];
	struct text text = text_over(buf, sizeof buf);

	for (size_t i = 0; i < conf->n; i++)
		text_add(&text, "%s ", conf->server[i].text);
	if (conf->timeout_s != 0)
		text_add(&text, "timeout %d ", conf->timeout_s);
	if (conf->attempts != 0)
		text_add(&text, "attempts %d ", conf->attempts);
	if (conf->rotate)
		text_add_str(&text, "rotate ");
	return buf;
}

#define A40 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

static const struct {
	const char *text, *expect;   /* each with a blank behind it */
} files[] = {
	{ "nameserver 192.0.2.1\n", "192.0.2.1:53 " },
	{ "nameserver 192.0.2.1", "192.0.2.1:53 " },
	{ "nameserver\t \t192.0.2.1 \t\r\nnameserver ::1\r\n", "192.0.2.1:53 [::1]:53 " },
	{ "# by hand\n; also by hand\nsearch example.org\nnameserver 192.0.2.1 # first\nnameserver 192.0.2.2;x\noptions edns0\n",
	  "192.0.2.1:53 192.0.2.2:53 " },
	{ "nameserver fe80::1%lo\n", "[fe80::1%lo]:53 " },
	{ "nameserver fe80::1%no-such-interface\nnameserver 2001:db8::1\n", "[2001:db8::1]:53 " },
	{ "nameserver 192.0.2.1:5353\nnameserver [2001:db8::1]:5353\n", "192.0.2.1:5353 [2001:db8::1]:5353 " },
	{ " nameserver 192.0.2.1\nnameservers 192.0.2.1\nNAMESERVER 192.0.2.1\nnameserver192.0.2.1\n#nameserver 192.0.2.1\n", "" },
	{ "nameserver\nnameserver \nnameserver x\nnameserver 0.0.0.0\nnameserver 192.0.2.9\n", "192.0.2.9:53 " },
	{ "nameserver\n192.0.2.1\n", "" },
	{ "nameserver 192.0.2.1\nnameserver 192.0.2.2\nnameserver 192.0.2.3\nnameserver 192.0.2.4\nnameserver 192.0.2.5\n"
	  "nameserver 192.0.2.6\nnameserver 192.0.2.7\nnameserver 192.0.2.8\nnameserver 192.0.2.9\noptions rotate\n",
	  "192.0.2.1:53 192.0.2.2:53 192.0.2.3:53 192.0.2.4:53 192.0.2.5:53 192.0.2.6:53 192.0.2.7:53 192.0.2.8:53 rotate " },
	{ "nameserver " A40 A40 "\n", "" },
	{ "\n\n\n", "" },
	{ "", "" },

	/* options */
	{ "options timeout:3 attempts:2 rotate\n", "timeout 3 attempts 2 rotate " },
	{ "options\ttimeout:3\t \nnameserver 192.0.2.1\noptions attempts:4\n", "192.0.2.1:53 timeout 3 attempts 4 " },
	{ "options timeout:3\noptions timeout:4 timeout:5\n", "timeout 5 " },
	{ "options timeout:30 attempts:5\n", "timeout 30 attempts 5 " },
	{ "options timeout:31 attempts:6\n", "timeout 30 attempts 5 " },
	{ "options timeout:99999999999999999999 attempts:99999999999999999999\n", "timeout 30 attempts 5 " },
	{ "options timeout:0 attempts:0\n", "" },
	{ "options timeout: attempts: timeout:-1 attempts:+1 timeout:2s attempts:1.5 timeout:x timeout attempts\n", "" },
	{ "options timeout:2\noptions timeout:x\n", "timeout 2 " },
	{ "options edns0 use-vc trust-ad ndots:5 inet6 single-request no-reload debug rotates ROTATE Timeout:2\n", "" },
	{ "options timeout:2 # attempts:3\noptions attempts:1;rotate\n", "timeout 2 attempts 1 " },
	{ "#options rotate\n;options rotate\n options rotate\noption rotate\noptionsrotate\n", "" },
	{ "options " A40 A40 A40 " rotate\n", "rotate " },
	{ "options\nrotate\n", "" },
};

START_TEST(reads_the_file)
{
	struct resolvconf conf;

	resolvconf_parse(&conf, files[_i].text);
	ck_assert_str_eq(describe(&conf), files[_i].expect);
}
END_TEST

static const char *from_file(const char *bytes, size_t len)
{
	char path[] = "/tmp/check_resolvconf.XXXXXX";
	int fd = mkstemp(path);
	struct resolvconf conf;

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq((int)write(fd, bytes, len), (int)len);
	close(fd);
	resolvconf_read(&conf, path);
	unlink(path);
	return describe(&conf);
}

static const char *from_path(const char *path)
{
	struct resolvconf conf;

	resolvconf_read(&conf, path);
	return describe(&conf);
}

#define THIS_MACHINE "127.0.0.1:53 [::1]:53 "

START_TEST(falls_back_to_this_machine)
{
	static const char good[] = "search a\nnameserver 192.0.2.1\n", none[] = "search a\noptions timeout:2\n",
			  odd[] = "search\0nameserver 192.0.2.1\n";

	ck_assert_str_eq(from_file(good, sizeof good - 1), "192.0.2.1:53 ");
	ck_assert_str_eq(from_file(none, sizeof none - 1), THIS_MACHINE "timeout 2 ");
	ck_assert_str_eq(from_file(odd, sizeof odd - 1), THIS_MACHINE);
	ck_assert_str_eq(from_file("", 0), THIS_MACHINE);
	ck_assert_str_eq(from_path("/no/such/file"), THIS_MACHINE);
	ck_assert_str_eq(from_path("/tmp"), THIS_MACHINE);
	ck_assert_str_eq(from_path("/dev/zero"), THIS_MACHINE);
}
END_TEST

START_TEST(reads_no_more_than_64_kib)
{
	enum { LEN = 100000 };
	char *big = malloc(LEN);

	ck_assert_ptr_nonnull(big);
	memset(big, '\n', LEN);
	memcpy(big + LEN - 30, "\nnameserver 192.0.2.1\n", 22);
	ck_assert_str_eq(from_file(big, LEN), THIS_MACHINE);
	memcpy(big + 65000, "\nnameserver 192.0.2.2\n", 22);
	ck_assert_str_eq(from_file(big, LEN), "192.0.2.2:53 ");
	free(big);
}
END_TEST

Suite *resolvconf_suite(void)
{
	Suite *suite = suite_create("resolvconf");
	TCase *tcase = tcase_create("resolvconf");

	tcase_add_loop_test(tcase, reads_the_file, 0, ROWS(files));
	tcase_add_test(tcase, falls_back_to_this_machine);
	tcase_add_test(tcase, reads_no_more_than_64_kib);
	suite_add_tcase(suite, tcase);
	return suite;
}
