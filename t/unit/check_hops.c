/* Tests of hops: the window at both sides of each of its edges, and what a hop must hold. */
#include <stdlib.h>
#include <string.h>

#include "common/hops.h"
#include "t/unit/suites.h"

enum { MAX_HOPS = 16 };

/* In the order of enum hop_fate: Taken, oFf, Newest, Oldest, Beyond, no Address, Login. */
static const char letters[] = "TFNOBAL";

static void fates(const struct hop_window *window, bool skip_authenticated, const char *hops, char *out)
{
	size_t n = strlen(hops);
	struct hop *list = calloc(n > 0 ? n : 1, sizeof *list);   /* no more: a sanitizer sees a step too far */

	for (size_t i = 0; i < n; i++) {
		if (hops[i] != '-' && hops[i] != 'u')
			list[i].addr = ipaddr_v4(0xcb007100u + (unsigned)i);
		list[i].authenticated = hops[i] == 'l' || hops[i] == 'u';
	}
	for (size_t i = 0; i < n; i++)
		out[i] = letters[hop_fate(window, skip_authenticated, list, n, i)];
	out[n] = '\0';
	free(list);
}

/* hops: "a" with an address, "-" without, "l" with address and login, "u" with a login only; newest first. */
static const struct {
	struct hop_window window;      /* enabled, check, skip_newest, skip_oldest */
	bool skip_authenticated;
	const char *hops;
	const char *fates;
} windows[] = {
	/* off: nothing else is asked */
	{ { false, 0, 0, 0 }, true, "aaa", "FFF" },
	{ { false, 1, 1, 1 }, true, "a-l", "FFF" },
	{ { false, 0, 0, 0 }, true, "", "" },

	/* all */
	{ { true, 0, 0, 0 }, true, "", "" },
	{ { true, 0, 0, 0 }, true, "a", "T" },
	{ { true, 0, 0, 0 }, true, "aaaaaaaaaaaaaaa", "TTTTTTTTTTTTTTT" },

	/* check: one less, equal, one more */
	{ { true, 1, 0, 0 }, true, "a", "T" },
	{ { true, 1, 0, 0 }, true, "aa", "TB" },
	{ { true, 3, 0, 0 }, true, "aa", "TT" },
	{ { true, 3, 0, 0 }, true, "aaa", "TTT" },
	{ { true, 3, 0, 0 }, true, "aaaa", "TTTB" },

	/* skip_newest: none, one less, equal, one more */
	{ { true, 0, 1, 0 }, true, "a", "N" },
	{ { true, 0, 1, 0 }, true, "aa", "NT" },
	{ { true, 0, 3, 0 }, true, "aa", "NN" },
	{ { true, 0, 3, 0 }, true, "aaa", "NNN" },
	{ { true, 0, 3, 0 }, true, "aaaa", "NNNT" },

	/* skip_oldest: the default is 1 */
	{ { true, 0, 0, 1 }, true, "a", "O" },
	{ { true, 0, 0, 1 }, true, "aa", "TO" },
	{ { true, 0, 0, 3 }, true, "aa", "OO" },
	{ { true, 0, 0, 3 }, true, "aaa", "OOO" },
	{ { true, 0, 0, 3 }, true, "aaaa", "TOOO" },

	/* together: check counts what is left, and the two skips may meet or overlap */
	{ { true, 2, 1, 1 }, true, "a", "N" },
	{ { true, 2, 1, 1 }, true, "aa", "NO" },
	{ { true, 2, 1, 1 }, true, "aaa", "NTO" },
	{ { true, 2, 1, 1 }, true, "aaaa", "NTTO" },
	{ { true, 2, 1, 1 }, true, "aaaaa", "NTTBO" },
	{ { true, 2, 1, 1 }, true, "aaaaaa", "NTTBBO" },
	{ { true, 1, 2, 2 }, true, "aaa", "NNO" },
	{ { true, 1, 2, 2 }, true, "aaaa", "NNOO" },
	{ { true, 1, 2, 2 }, true, "aaaaa", "NNTOO" },
	{ { true, 1, 2, 2 }, true, "aaaaaa", "NNTBOO" },
	{ { true, 0, 5, 5 }, true, "aaaa", "NNNN" },
	{ { true, 0, 1000000000, 0 }, true, "aaa", "NNN" },
	{ { true, 0, 0, 1000000000 }, true, "aaa", "OOO" },
	{ { true, 1000000000, 0, 0 }, true, "aaa", "TTT" },
	{ { true, 2147483647, 2147483647, 2147483647 }, true, "aaa", "NNN" },

	/* headers are counted, not addresses */
	{ { true, 0, 0, 0 }, true, "-", "A" },
	{ { true, 2, 0, 0 }, true, "-aa", "ATB" },
	{ { true, 2, 0, 0 }, true, "--a", "AAB" },
	{ { true, 0, 1, 0 }, true, "-a", "NT" },
	{ { true, 0, 0, 1 }, true, "a-", "TO" },
	{ { true, 2, 1, 1 }, true, "----", "NAAO" },

	/* logins: left out, but counted */
	{ { true, 0, 0, 0 }, true, "l", "L" },
	{ { true, 0, 0, 0 }, false, "l", "T" },
	{ { true, 2, 0, 0 }, true, "ala", "TLB" },
	{ { true, 2, 0, 0 }, false, "ala", "TTB" },
	{ { true, 0, 1, 1 }, true, "lll", "NLO" },
	{ { true, 0, 0, 0 }, true, "u", "A" },
	{ { true, 0, 0, 0 }, false, "u", "A" },
};

START_TEST(lays_the_window)
{
	char out[MAX_HOPS];

	ck_assert_uint_lt(strlen(windows[_i].hops), MAX_HOPS);
	fates(&windows[_i].window, windows[_i].skip_authenticated, windows[_i].hops, out);
	ck_assert_str_eq(out, windows[_i].fates);
}
END_TEST

START_TEST(has_words_for_each)
{
	for (int i = HOP_TAKEN; i <= HOP_AUTHENTICATED; i++) {
		ck_assert_ptr_nonnull(hop_fate_text((enum hop_fate)i));
		for (int other = HOP_TAKEN; other < i; other++)
			ck_assert_str_ne(hop_fate_text((enum hop_fate)i), hop_fate_text((enum hop_fate)other));
	}
	ck_assert_str_eq(hop_fate_text(HOP_OLDEST), "is among the oldest");
}
END_TEST

Suite *hops_suite(void)
{
	Suite *suite = suite_create("hops");
	TCase *window = tcase_create("window");

	tcase_add_loop_test(window, lays_the_window, 0, ROWS(windows));
	tcase_add_test(window, has_words_for_each);
	suite_add_tcase(suite, window);
	return suite;
}
