/* Tests of arena: the cap on both sides, sums that would overflow, pieces that do not touch each other. */
#include <stdalign.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "common/arena.h"
#include "t/unit/suites.h"

enum { ALIGN = alignof(max_align_t), CAP = 64 * ALIGN };

static struct arena arena;

static void set_up(void)
{
	arena_init(&arena, CAP);
}

static void tear_down(void)
{
	arena_clear(&arena);
}

START_TEST(begins_empty)
{
	ck_assert_ptr_null(arena.blocks);
	ck_assert_uint_eq(arena.used_bytes, 0);
	ck_assert_uint_eq(arena.cap_bytes, CAP);
}
END_TEST

static const struct {
	size_t first, second;
	bool fits;
} caps[] = {
	{ 0, CAP, true },
	{ 0, CAP - 1, true },
	{ 0, CAP + 1, false },
	{ ALIGN, CAP - ALIGN, true },
	{ ALIGN, CAP - ALIGN + 1, false },
	{ 1, CAP - ALIGN, true },                /* what rounding takes counts as used */
	{ 1, CAP - 1, false },
	{ CAP, 1, false },
	{ CAP, 0, false },                       /* even an empty piece takes room */
	{ ALIGN, SIZE_MAX, false },
	{ ALIGN, SIZE_MAX - ALIGN, false },
	{ ALIGN, PTRDIFF_MAX, false },
};

START_TEST(keeps_to_its_cap)
{
	size_t used;

	if (caps[_i].first > 0)
		ck_assert_ptr_nonnull(arena_alloc(&arena, caps[_i].first));
	used = arena.used_bytes;
	if (caps[_i].fits) {
		ck_assert_ptr_nonnull(arena_alloc(&arena, caps[_i].second));
		ck_assert_uint_gt(arena.used_bytes, used);
		ck_assert_uint_le(arena.used_bytes, CAP);
	} else {
		ck_assert_ptr_null(arena_alloc(&arena, caps[_i].second));
		ck_assert_uint_eq(arena.used_bytes, used);
	}
}
END_TEST

START_TEST(no_cap_is_no_overflow)
{
	arena_init(&arena, SIZE_MAX);
	for (size_t less = 0; less <= 64; less++)
		ck_assert_ptr_null(arena_alloc(&arena, SIZE_MAX - less));
	ck_assert_uint_eq(arena.used_bytes, 0);
}
END_TEST

static const struct {
	size_t n, bytes;
	bool fits;
} products[] = {
	{ 4, ALIGN, true },
	{ 64, ALIGN, true },
	{ 65, ALIGN, false },
	{ 0, ALIGN, true },
	{ ALIGN, 0, true },
	{ SIZE_MAX / 2 + 1, 2, false },          /* the product would be 0 */
	{ SIZE_MAX / 8 + 2, 8, false },          /* or 8 */
};

START_TEST(multiplies_without_overflow)
{
	void *piece = arena_alloc_n(&arena, products[_i].n, products[_i].bytes);

	ck_assert_int_eq(piece != NULL, products[_i].fits);
}
END_TEST

static bool all_are(const unsigned char *piece, size_t len, unsigned char value)
{
	for (size_t k = 0; k < len; k++)
		if (piece[k] != value)
			return false;
	return true;
}

/* Of many sizes, through several blocks: zeroed, aligned, and whole after all others were filled. */
START_TEST(pieces_stand_apart)
{
	enum { PIECES = 300 };
	unsigned char *piece[PIECES];

	arena_init(&arena, 1 << 20);
	for (size_t i = 0; i < PIECES; i++) {
		size_t len = i * 37 % 5003 + 1;

		piece[i] = arena_alloc(&arena, len);
		ck_assert_ptr_nonnull(piece[i]);
		ck_assert_uint_eq((uintptr_t)piece[i] % ALIGN, 0);
		ck_assert(all_are(piece[i], len, 0));
		memset(piece[i], (int)(i % 255 + 1), len);
	}
	for (size_t i = 0; i < PIECES; i++)
		ck_assert(all_are(piece[i], i * 37 % 5003 + 1, (unsigned char)(i % 255 + 1)));
}
END_TEST

START_TEST(is_zeroed_when_used_again)
{
	for (int round = 0; round < 3; round++) {
		unsigned char *piece = arena_alloc(&arena, CAP);

		ck_assert_ptr_nonnull(piece);
		ck_assert(all_are(piece, CAP, 0));
		memset(piece, 0xaa, CAP);
		arena_clear(&arena);
		ck_assert_ptr_null(arena.blocks);
		ck_assert_uint_eq(arena.used_bytes, 0);
		ck_assert_uint_eq(arena.cap_bytes, CAP);
	}
}
END_TEST

START_TEST(copies_strings)
{
	char mail[] = "mail.example";
	const char unended[3] = { 'a', 'b', 'c' };
	char *copy = arena_strdup(&arena, mail);

	mail[0] = 'X';
	ck_assert_str_eq(copy, "mail.example");
	ck_assert_str_eq(arena_strndup(&arena, "mail.example", 4), "mail");
	ck_assert_str_eq(arena_strndup(&arena, "mail", 5), "mail");
	ck_assert_str_eq(arena_strndup(&arena, unended, 3), "abc");
	ck_assert_str_eq(arena_strndup(&arena, unended, 0), "");
	ck_assert_str_eq(arena_strdup(&arena, ""), "");
}
END_TEST

START_TEST(a_string_that_does_not_fit)
{
	char text[CAP + 1];

	memset(text, 'a', sizeof text);
	text[CAP] = '\0';
	ck_assert_ptr_null(arena_strdup(&arena, text));
	text[CAP - 1] = '\0';
	ck_assert_str_eq(arena_strdup(&arena, text), text);
}
END_TEST

Suite *arena_suite(void)
{
	Suite *suite = suite_create("arena");
	TCase *tc = tcase_create("arena");

	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_test(tc, begins_empty);
	tcase_add_loop_test(tc, keeps_to_its_cap, 0, ROWS(caps));
	tcase_add_test(tc, no_cap_is_no_overflow);
	tcase_add_loop_test(tc, multiplies_without_overflow, 0, ROWS(products));
	tcase_add_test(tc, pieces_stand_apart);
	tcase_add_test(tc, is_zeroed_when_used_again);
	tcase_add_test(tc, copies_strings);
	tcase_add_test(tc, a_string_that_does_not_fit);
	suite_add_tcase(suite, tc);
	return suite;
}
