/* Tests of answerpat: sets and ranges at both ends, masks, and what an administrator gets wrong. */
#include <string.h>

#include "common/answerpat.h"
#include "common/ipaddr.h"
#include "t/unit/suites.h"

static struct answerpat pattern(const char *text)
{
	struct answerpat out;
	struct errmsg err;

	ck_assert_msg(answerpat_parse(&out, text, &err), "%s: %s", text, err.text);
	return out;
}

static uint32_t record(const char *text)
{
	struct ipaddr addr;

	ck_assert_msg(ipaddr_parse(&addr, text), "%s", text);
	return ipaddr_u32(&addr);
}

static const struct {
	const char *pattern;
	bool exact;
	const char *yes[6], *no[8];
} matches[] = {
	{ "127.0.0.2", true, { "127.0.0.2" },
	  { "127.0.0.1", "127.0.0.3", "127.0.1.2", "127.1.0.2", "128.0.0.2", "2.0.0.127" } },
	{ "0.0.0.0", true, { "0.0.0.0" }, { "0.0.0.1", "1.0.0.0" } },
	{ "255.255.255.255", true, { "255.255.255.255" }, { "255.255.255.254" } },
	{ "127.*.*.*", false, { "127.0.0.0", "127.255.255.255", "127.1.2.3" }, { "126.255.255.255", "128.0.0.0" } },
	{ "*.0.0.2", false, { "0.0.0.2", "255.0.0.2" }, { "0.0.0.3", "0.1.0.2" } },
	{ "127.255.255.*", false, { "127.255.255.0", "127.255.255.255" }, { "127.255.254.255", "127.254.255.0" } },
	{ "127.0.0.[2..11]", false, { "127.0.0.2", "127.0.0.7", "127.0.0.8", "127.0.0.11" },
	  { "127.0.0.1", "127.0.0.12", "127.0.1.2" } },
	{ "127.0.0.[2;4;6..8]", false, { "127.0.0.2", "127.0.0.4", "127.0.0.6", "127.0.0.7", "127.0.0.8" },
	  { "127.0.0.1", "127.0.0.3", "127.0.0.5", "127.0.0.9" } },
	{ "127.0.0.[8..8;1]", false, { "127.0.0.8", "127.0.0.1" }, { "127.0.0.7", "127.0.0.9", "127.0.0.0" } },
	{ "127.0.[0;2].[0..255]", false, { "127.0.0.0", "127.0.2.255" }, { "127.0.1.0", "127.0.3.0" } },
	{ "[127].[0..1].*.[255]", false, { "127.0.9.255", "127.1.0.255" }, { "127.2.0.255", "127.0.0.254", "126.0.0.255" } },
	{ "127.0.0.[2]", true, { "127.0.0.2" }, { "127.0.0.1", "127.0.0.3" } },
	{ "127.0.0.[2;2..2]", true, { "127.0.0.2" }, { "127.0.0.1", "127.0.0.3" } },
	{ "127.0.0.[2;3]", false, { "127.0.0.2", "127.0.0.3" }, { "127.0.0.1", "127.0.0.4" } },
	{ "[127;128].0.0.2", false, { "127.0.0.2", "128.0.0.2" }, { "126.0.0.2", "129.0.0.2" } },
	{ "&0.0.0.6", false, { "127.0.0.2", "127.0.0.4", "127.0.0.6", "127.0.0.7", "127.1.1.2" },
	  { "127.0.0.1", "127.0.0.8", "127.0.2.0", "126.0.0.6", "128.0.0.6", "0.0.0.6", "255.0.0.6" } },
	{ "&0.0.1.0", false, { "127.0.1.0", "127.0.255.0" }, { "127.0.0.255", "127.0.2.0" } },
	{ "&0.128.0.1", false, { "127.128.0.0", "127.0.0.1", "127.255.255.255" }, { "127.127.255.254" } },
};

START_TEST(matches_what_is_meant)
{
	struct answerpat pat = pattern(matches[_i].pattern);
	size_t n_yes = sizeof matches[0].yes / sizeof matches[0].yes[0];
	size_t n_no = sizeof matches[0].no / sizeof matches[0].no[0];

	ck_assert_int_eq(pat.is_exact, matches[_i].exact);
	for (size_t k = 0; k < n_yes && matches[_i].yes[k] != NULL; k++) {
		ck_assert_msg(answerpat_match(&pat, record(matches[_i].yes[k])), "%s", matches[_i].yes[k]);
		ck_assert_int_eq(answerpat_is(&pat, record(matches[_i].yes[k])), matches[_i].exact);
	}
	for (size_t k = 0; k < n_no && matches[_i].no[k] != NULL; k++) {
		ck_assert_msg(!answerpat_match(&pat, record(matches[_i].no[k])), "%s", matches[_i].no[k]);
		ck_assert(!answerpat_is(&pat, record(matches[_i].no[k])));
	}
}
END_TEST

/* Every value of every octet: no bit is taken for another. */
START_TEST(each_value_is_its_own)
{
	for (unsigned octet = 0; octet < 4; octet++) {
		struct answerpat pat = pattern(octet == 0 ? "[0;7..9;255].*.*.*" : octet == 1 ? "*.[0;7..9;255].*.*"
					       : octet == 2 ? "*.*.[0;7..9;255].*" : "*.*.*.[0;7..9;255]");

		for (uint32_t value = 0; value < 256; value++) {
			bool in = value == 0 || (value >= 7 && value <= 9) || value == 255;
			uint32_t shift = 24 - 8 * octet;

			if (answerpat_match(&pat, value << shift) != in ||
			    answerpat_match(&pat, value << shift | ~((uint32_t)255 << shift)) != in)
				ck_abort_msg("value %u of octet %u", value, octet);
		}
	}
}
END_TEST

#define NUMBER "a number from 0 to 255"

static const struct {
	const char *pattern, *says;
} faults[] = {
	{ "", NUMBER },
	{ "127", "four octets" },
	{ "127.0.0", "four octets" },
	{ "127.0.0.", NUMBER },
	{ "127.0.0.2.", "follows the fourth octet" },
	{ "127.0.0.2 ", "follows the fourth octet" },
	{ "127.0.0.2\n", "\"127.0.0.2?\": something follows" },
	{ "127.0.0.[2]3", "follows the fourth octet" },
	{ "127.0.0.**", "follows the fourth octet" },
	{ "127.0.0.2*", "follows the fourth octet" },
	{ "127.*", "four octets" },
	{ "127.0.0.256", NUMBER },
	{ "127.0.0.02", NUMBER },
	{ "127.0.0.-1", NUMBER },
	{ " 127.0.0.2", NUMBER },
	{ "127..0.2", NUMBER },
	{ "127,0.0.2", "four octets" },
	{ "127.0.0.[]", NUMBER },
	{ "127.0.0.[", NUMBER },
	{ "127.0.0.[2", "in brackets" },
	{ "127.0.0.[2;", NUMBER },
	{ "127.0.0.[2;]", NUMBER },
	{ "127.0.0.[;2]", NUMBER },
	{ "127.0.0.[2,4]", "in brackets" },
	{ "127.0.0.[2-4]", "in brackets" },
	{ "127.0.0.[2.4]", "in brackets" },
	{ "127.0.0.[2..]", "behind .. " NUMBER },
	{ "127.0.0.[..2]", NUMBER },
	{ "127.0.0.[2...4]", "behind .. " NUMBER },
	{ "127.0.0.[2..4..6]", "in brackets" },
	{ "127.0.0.[11..2]", "ends before it begins" },
	{ "127.0.0.[3..2]", "ends before it begins" },
	{ "127.0.0.[2..256]", "behind .. " NUMBER },
	{ "127.0.0.[*]", NUMBER },
	{ "127.0.0.2..4", "follows the fourth octet" },
	{ "127.0.0.]", NUMBER },
	{ "&", "a mask of four octets" },
	{ "&6", "a mask of four octets" },
	{ "&0.0.0.*", "a mask of four octets" },
	{ "&0.0.0.[2..4]", "a mask of four octets" },
	{ "&0.0.0.256", "a mask of four octets" },
	{ "&::6", "a mask of four octets" },
	{ "&::ffff:0.0.0.6", "a mask of four octets" },
	{ "& 0.0.0.6", "a mask of four octets" },
	{ "&0.0.0.0", "matches nothing" },
	{ "&127.0.0.6", "the first octet of a mask is 0" },   /* would match every answer */
	{ "&1.0.0.6", "the first octet of a mask is 0" },
	{ "&128.0.0.0", "the first octet of a mask is 0" },   /* would match none */
	{ "zen.example", "\"zen.example\": an octet is" },
};

START_TEST(says_what_is_wrong)
{
	struct answerpat out, before;
	struct errmsg err = { "" };

	memset(&out, 0x5a, sizeof out);
	memcpy(&before, &out, sizeof out);
	ck_assert(!answerpat_parse(&out, faults[_i].pattern, &err));
	ck_assert_msg(strstr(err.text, faults[_i].says) != NULL, "%s: %s", faults[_i].pattern, err.text);
	ck_assert_mem_eq(&out, &before, sizeof out);
	ck_assert(!answerpat_parse(&out, faults[_i].pattern, NULL));
}
END_TEST

Suite *answerpat_suite(void)
{
	Suite *suite = suite_create("answerpat");
	TCase *tc = tcase_create("answerpat");

	tcase_add_loop_test(tc, matches_what_is_meant, 0, ROWS(matches));
	tcase_add_test(tc, each_value_is_its_own);
	tcase_add_loop_test(tc, says_what_is_wrong, 0, ROWS(faults));
	suite_add_tcase(suite, tc);
	return suite;
}
