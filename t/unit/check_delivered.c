/* Tests of delivered: what our own server's headers tell, and that headers from outside tell nothing. */
#include <string.h>

#include "common/delivered.h"
#include "t/unit/suites.h"

static const struct {
	const char *message;
	size_t n_own;
	bool found;
	const char *client;          /* "none": handed in here */
	const char *name, *helo;
	bool login;
	const char *sender, *recipient;
} messages[] = {
	/* Postfix, as local(8) delivers */
	{ "Return-Path: <a@example.net>\nX-Original-To: sales@example.org\nDelivered-To: bob@example.org\n"
	  "Received: from helo.example (mx.example [192.0.2.1])\n\tby us (Postfix) with ESMTPS id 1\n\tfor <sales@example.org>; Mon\n",
	  1, true, "192.0.2.1", "mx.example", "helo.example", false, "a@example.net", "sales@example.org" },
	{ "Received: from helo.example (unknown [192.0.2.1]) by us (Postfix) with SMTP id 1; Mon\n",
	  1, true, "192.0.2.1", NULL, "helo.example", false, NULL, NULL },
	{ "Return-Path: <>\nReceived: from [192.0.2.9] (mx.example [IPv6:2001:db8::1]) by us (Postfix) with ESMTPSA id 1; Mon\n",
	  1, true, "2001:db8::1", "mx.example", "[192.0.2.9]", true, "", NULL },
	{ "Received: by us (Postfix, from userid 1000) id 1; Mon\n", 1, true, "none", NULL, NULL, false, NULL, NULL },
	/* Sendmail */
	{ "Received: from helo.example (mx.example [192.0.2.1]) by us (8.17.1/8.17.1) with ESMTP id 1 for <b@us>; Mon\n",
	  1, true, "192.0.2.1", "mx.example", "helo.example", false, NULL, NULL },
	{ "Received: from helo.example (mx.example [192.0.2.1] (may be forged)) by us (8.17.1/8.17.1) with ESMTP id 1; Mon\n",
	  1, true, "192.0.2.1", NULL, "helo.example", false, NULL, NULL },
	{ "Received: from helo.example ([192.0.2.1]) by us (8.17.1/8.17.1) with ESMTP id 1; Mon\n",
	  1, true, "192.0.2.1", NULL, "helo.example", false, NULL, NULL },
	{ "Received: from helo.example (joe@mx.example [192.0.2.1]) by us (8.17.1/8.17.1) with ESMTP id 1; Mon\n",
	  1, true, "192.0.2.1", "mx.example", "helo.example", false, NULL, NULL },
	{ "Received: (from joe@localhost) by us (8.17.1/8.17.1/Submit) id 1; Mon\n", 1, true, "none", NULL, NULL, false, NULL, NULL },

	/* several servers of ours; what stands above the last of them is ours */
	{ "Received: from us by imap with LMTP id 1; Mon\nReturn-Path: <a@example.net>\n"
	  "Received: from helo.example (mx.example [192.0.2.1]) by us (Postfix) with ESMTP id 1; Mon\n",
	  2, true, "192.0.2.1", "mx.example", "helo.example", false, "a@example.net", NULL },
	{ "Received: from us by imap with LMTP id 1; Mon\nReceived: from x (x [192.0.2.1]) by us with ESMTP id 1; Mon\n",
	  1, true, "none", NULL, NULL, false, NULL, NULL },

	/* what stands below it came with the message */
	{ "Received: from helo.example (mx.example [192.0.2.1]) by us (Postfix) with ESMTP id 1; Mon\n"
	  "Return-Path: <forged@example.net>\nDelivered-To: forged@example.org\nX-Original-To: forged@example.org\n",
	  1, true, "192.0.2.1", "mx.example", "helo.example", false, NULL, NULL },
	{ "Return-Path: <a@example.net>\nReturn-Path: <b@example.net>\nDelivered-To: c@example.org\nDelivered-To: d@example.org\n"
	  "Received: from h (h [192.0.2.1]) by us with ESMTP id 1\n",
	  1, true, "192.0.2.1", "h", "h", false, "a@example.net", "c@example.org" },

	/* not there */
	{ "Subject: no\n", 1, false, "none", NULL, NULL, false, NULL, NULL },
	{ "Received: from h (h [192.0.2.1]) by us with ESMTP id 1\n", 2, false, "none", NULL, NULL, false, NULL, NULL },
	{ "", 1, false, "none", NULL, NULL, false, NULL, NULL },
};

static void same(const char *got, const char *wanted)
{
	if (wanted == NULL)
		ck_assert_ptr_null(got);
	else
		ck_assert_str_eq(got != NULL ? got : "(none)", wanted);
}

START_TEST(test_delivered)
{
	char ip[IPADDR_TEXT_BYTES];
	struct delivered delivered;
	struct arena arena;

	arena_init(&arena, 1 << 20);
	ck_assert(delivered_read(messages[_i].message, strlen(messages[_i].message), messages[_i].n_own, &arena, &delivered));
	ck_assert_int_eq(delivered.found, messages[_i].found);
	ck_assert_str_eq(ipaddr_format(&delivered.client, ip), messages[_i].client);
	same(delivered.client_name, messages[_i].name);
	same(delivered.helo, messages[_i].helo);
	ck_assert_int_eq(delivered.login, messages[_i].login);
	same(delivered.sender, messages[_i].sender);
	same(delivered.recipient, messages[_i].recipient);
	arena_clear(&arena);
}
END_TEST

Suite *delivered_suite(void)
{
	Suite *suite = suite_create("delivered");
	TCase *tc = tcase_create("delivered");

	tcase_add_loop_test(tc, test_delivered, 0, ROWS(messages));
	suite_add_tcase(suite, tc);
	return suite;
}
