/* Tests of received: one row a form that a real system writes, then what senders try and what breaks on the way.
 * In all rows 203.0.113.5 and 2001:db8::5 are what the receiving server saw, 198.51.100.* and 2001:db8:1::* its own
 * addresses, 192.0.2.66 and 2001:db8:bad::66 what a sender would like us to believe. */
#include <stdlib.h>
#include <string.h>

#include "common/received.h"
#include "t/unit/suites.h"

#define NONE "none"
#define SEEN "203.0.113.5"
#define SEEN6 "2001:db8::5"

struct row {
	const char *value;
	const char *addr;
	bool authenticated;
};

/* from HELO (NAME [ADDRESS]), and its relatives. */
static const struct row name_and_literal[] = {
	/* Postfix */
	{ "from mail.example.org (mail.example.org [203.0.113.5])\n\tby mx.example.net (Postfix) with ESMTP id 4F2A1\n"
	  "\tfor <a@example.net>; Mon,  1 Jan 2024 10:00:00 +0100 (CET)", SEEN, false },
	/* Postfix, no reverse name */
	{ "from laptop (unknown [203.0.113.5]) by mx.example.net (Postfix) with SMTP id 4F2A1; date", SEEN, false },
	/* Postfix, IPv6 */
	{ "from mail.example.org (mail.example.org [IPv6:2001:db8::5]) by mx.example.net (Postfix) with ESMTPS id 1;"
	  " date", SEEN6, false },
	/* Postfix with TLS remarks */
	{ "from mail.example.org (mail.example.org [203.0.113.5])\n"
	  "\t(using TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (256/256 bits)\n"
	  "\t key-exchange X25519 server-signature RSA-PSS (2048 bits) server-digest SHA256)\n"
	  "\t(Client CN \"mail.example.org\", Issuer \"CA (2) 192.0.2.66\" (verified OK))\n"
	  "\tby mx.example.net (Postfix) with ESMTPS id 4F2A1\n\tfor <a@example.net>; Mon, 1 Jan 2024 10:00:00 +0100"
	  " (CET)", SEEN, false },
	/* Postfix, no client certificate */
	{ "from m.example (m.example [203.0.113.5]) (using TLSv1.2 with cipher X (256/256 bits)) (No client certificate"
	  " requested) by mx.example.net (Postfix) with ESMTPS id 1; date", SEEN, false },
	/* Postfix submission */
	{ "from [192.168.1.10] (dsl.example.org [203.0.113.5]) (using TLSv1.3 with cipher X (256/256 bits))\n"
	  "\t(Authenticated sender: joe@example.net)\n\tby mx.example.net (Postfix) with ESMTPSA id 1; date",
	  SEEN, true },
	/* Postfix before 2.3 said ESMTP after a login: only the remark tells */
	{ "from pc (dsl.example.org [203.0.113.5]) (Authenticated sender: joe) by mx.example.net (Postfix) with ESMTP"
	  " id 1; d", SEEN, true },
	/* Postfix, address hidden or unknown */
	{ "from mail.example.org (unknown [unknown]) by mx.example.net (Postfix) with ESMTP id 1; date", NONE, false },
	/* Postfix, pickup */
	{ "by mx.example.net (Postfix, from userid 33)\n\tid 4F2A1; Mon, 1 Jan 2024 10:00:00 +0100 (CET)",
	  NONE, false },
	/* Postfix, submitted without a client line */
	{ "by smtp.example.net (Postfix) with ESMTPSA id 85A7EC341C6; date", NONE, true },
	/* Postfix, reinjection */
	{ "from localhost (localhost [127.0.0.1]) by mx.example.net (Postfix) with ESMTP id 1; date",
	  "127.0.0.1", false },
	{ "from localhost (localhost [IPv6:::1]) by mx.example.net (Postfix) with ESMTP id 1; date", "::1", false },
	/* pobox.com's Postfix, no blank before the bracket */
	{ "from 192.0.2.66 (unknown[203.0.113.5]) by mx.example.net (Postfix) with SMTP id 1; date", SEEN, false },
	/* Amavis */
	{ "from mx.example.net ([127.0.0.1])\n\tby localhost (mx.example.net [198.51.100.1]) (amavisd-new, port"
	  " 10024)\n"
	  "\twith ESMTP id Czb9; date", "127.0.0.1", false },
	/* Amavis, IPv6 prefix before a mapped address */
	{ "from mx.example.net ([IPv6:::ffff:203.0.113.5]) by filter.example.net (f.example.net [::ffff:198.51.100.1])"
	  " (amavisd-new, port 10024) with ESMTP id 1; date", SEEN, false },
	/* Zimbra, between its own parts */
	{ "from localhost (localhost [127.0.0.1])\n\tby zimbra.example.net (Postfix) with ESMTP id 1; date",
	  "127.0.0.1", false },
	/* Sendmail */
	{ "from mail.example.org (mail.example.org [203.0.113.5])\n\tby mx.example.net (8.17.1.9/8.17.1) with ESMTPS id"
	  " 3A1\n"
	  "\t(version=TLSv1.3 cipher=TLS_AES_256_GCM_SHA384 bits=256 verify=NO)\n\tfor <a@example.net>; date",
	  SEEN, false },
	/* Sendmail, reverse name not confirmed */
	{ "from pc (dsl.example.org [203.0.113.5] (may be forged)) by mx.example.net (8.17.1/8.17.1) with ESMTP id 1;"
	  " date", SEEN, false },
	/* Sendmail, no reverse name */
	{ "from mail.example.org ([203.0.113.5])\n\tby mx.example.net (8.12.11.20060308/8.12.11) with ESMTP id k2; d",
	  SEEN, false },
	/* Sendmail, IPv6 not shortened */
	{ "from m6.example (m6.example [IPv6:2001:db8:0:0:0:0:0:5]) by mx.example.net (8.17.1/8.17.1) with ESMTPS id 1;"
	  " d", SEEN6, false },
	/* Sendmail with ident */
	{ "from m.example (joe@m.example [203.0.113.5]) by mx.example.net (8.11.6/8.11.6) with ESMTP id 1; date",
	  SEEN, false },
	{ "from m.example (IDENT:qmailr@m.example [203.0.113.5]) by mx.example.net (8.11.6/8.11.6) with SMTP id 1; d",
	  SEEN, false },
	{ "from x (kgbxn@[203.0.113.5]) by mx.example.net (8.11.6/8.11.6) with SMTP id 1; date", SEEN, false },
	/* Sendmail logins of three ages */
	{ "from [10.0.0.253] (dsl.example.org [203.0.113.5]) (authenticated (0 bits)) by mx.example.net (8.11.6/8.11.6)"
	  " with ESMTP id 1; date", SEEN, true },
	{ "from [10.0.0.253] (dsl.example.org [203.0.113.5]) (authenticated) by mx.example.net (8.11.4/8.11.4) with"
	  " ESMTP id 1; date", SEEN, true },
	{ "from PC (dsl.example.org [203.0.113.5] (may be forged))\n\t(authenticated bits=0)\n\tby mx.example.net"
	  " (8.17.1/8.17.1) with ESMTPSA id 1; date", SEEN, true },
	/* Sendmail, client without HELO: the clause becomes a comment */
	{ "(from dsl.example.org [203.0.113.5])\n\tby mx.example.net (8.17.1/8.17.1) id 1; date", SEEN, false },
	{ "(from dsl.example.org [203.0.113.5] (may be forged)) by mx.example.net (8.17.1/8.17.1) id 1; date",
	  SEEN, false },
	/* Sendmail, submitted on the host */
	{ "(from joe@localhost)\n\tby mx.example.net (8.17.1/8.17.1/Submit) id 1;\n\tdate", NONE, false },
	{ "from localhost (joe@localhost) by mx.example.net (8.9.3/8.9.3) with ESMTP id QAA13555; date", NONE, false },
	{ "from localhost (localhost [[UNIX: localhost]]) by mx.example.net (8.12.11/8.12.11/Submit) id 1; d",
	  NONE, false },
	/* FreeBSD's Sendmail */
	{ "from m.example (m.example [203.0.113.5]) by mx.example.net (8.16.1/8.16.1) with ESMTP id 1; Sat, 16 Oct 2004"
	  " 23:32:19 +0000 (UTC) (envelope-from joe@m.example)", SEEN, false },
	/* Courier */
	{ "from m.example (m.example [::ffff:203.0.113.5])\n  by mx.example.net with ESMTP; date id 0000.1",
	  SEEN, false },
	{ "from m.example ([::ffff:203.0.113.5])\n  (TLS: TLSv1/SSLv3,256bits,AES256-SHA)\n  by mx.example.net with"
	  " esmtp; date", SEEN, false },
	{ "from m.example (softdnserr [::ffff:203.0.113.5]) by mx.example.net with esmtp; date", SEEN, false },
	/* Courier, login */
	{ "from pc ([::ffff:203.0.113.5])\n  (AUTH: LOGIN joe@example.net, TLS: TLSv1/SSLv3,128bits,RC4-MD5)\n"
	  "  by mx.example.net with esmtp; date", SEEN, true },
	/* OpenSMTPD */
	{ "from pc (dsl.example.org [203.0.113.5])\n\tby mx.example.net (OpenSMTPD) with ESMTPSA id d6a231c8"
	  " (TLSv1.3:TLS_AES_256_GCM_SHA384:256:NO) auth=yes user=joe;\n\tdate", SEEN, true },
	{ "from pc (<unknown> [2001:db8::5]) by mx.example.net (OpenSMTPD) with ESMTP id 7d1a8c44; date",
	  SEEN6, false },
	/* Haraka */
	{ "from m.example (NXDOMAIN [203.0.113.5])\n\tby mx.example.net (Haraka/3.0.2) with ESMTPSA id 5D1.1\n"
	  "\tenvelope-from <joe@example.net> (authenticated bits=0)\n\t(cipher=TLS_AES_256_GCM_SHA384); date",
	  SEEN, true },
	/* Gmail */
	{ "from mail-x.example.org (mail-x.example.org. [203.0.113.5])\n        by mx.google.example with ESMTPS id"
	  " a1-20020a05\n"
	  "        for <a@example.net>\n        (version=TLS1_3 cipher=TLS_AES_128_GCM_SHA256 bits=128/128);\n       "
	  " date", SEEN, false },
	{ "from m.example ([2001:db8::5]) by mx.google.example with ESMTPS id 1.2.2024.01.01.00.00.00; date",
	  SEEN6, false },
	{ "from [192.168.1.2] (cpe.example.org. [203.0.113.5]) by smtp.google.example with ESMTPSA id 1; date",
	  SEEN, true },
	{ "by 2002:a05:6000:1a8b:b0:33d with SMTP id f11csp12345;\n        Mon, 1 Jan 2024 01:00:00 -0800 (PST)",
	  NONE, false },
	/* MDaemon; its own address stands behind "by" */
	{ "from m.example (m.example [203.0.113.5]) by mx.example.net (MDaemon PRO v13.6.3) with ESMTP id md5.msg; d",
	  SEEN, false },
	{ "from m.example ([203.0.113.5]) by mx.example.net (198.51.100.1) (MDaemon PRO v23.5.1)\n"
	  "\twith ESMTPSA id md5001003764615.msg; date", SEEN, true },
	{ "from m.example by mx.example.net ([198.51.100.1]) (MDaemon.v3.5.7.R) with ESMTP id 1; date", NONE, false },
	/* Kerio */
	{ "from pc.example.org ([203.0.113.5])\n\t(authenticated user joe@example.net)\n\tby mx.example.net (Kerio"
	  " Connect 9.4.2) with ESMTPA;\n\tdate", SEEN, true },
	/* SurgeMail */
	{ "from [192.168.1.107] (unverified [203.0.113.5])\n\tby mx.example.net (SurgeMail 3.8f2) with ESMTP id 1; d",
	  SEEN, false },
	/* IceWarp */
	{ "from pc ([203.0.113.5])\n\tby mx.example.net (IceWarp 12.1.0.0 x64) with ASMTP id 202401; date",
	  SEEN, true },
	/* MailEnable */
	{ "from m.example ([203.0.113.5]) by mx.example.net with MailEnable ESMTP; date", SEEN, false },
	{ "from ([203.0.113.5]) by mx.example.net with MailEnable ESMTP; date", SEEN, false },
	{ "from PC ([203.0.113.5]) by mx.example.net\n with MailEnable ESMTPA; date", SEEN, true },
	/* hMailServer */
	{ "from m.example (m.example [203.0.113.5])\n\tby mx.example.net with ESMTP\n\t; date", SEEN, false },
	/* Lotus Domino; the id is a date */
	{ "from m.example ([203.0.113.5])\n          by mx.example.net (Lotus Domino Release 8.5.3FP6)\n"
	  "          with ESMTP id 2019050615032991-10027949 ;\n          date", SEEN, false },
	/* IIS and Exchange 2003 */
	{ "from m.example ([203.0.113.5]) by mx.example.net with Microsoft SMTPSVC(6.0.3790.3959);\n\t date",
	  SEEN, false },
	{ "from pc ([203.0.113.5] unverified) by mx.example.net with Microsoft SMTPSVC(5.0.2195.5329); date",
	  SEEN, false },
	{ "from 0 ([203.0.113.5] RDNS failed) by mx.example.net with Microsoft SMTPSVC(6.0.3790.0); date",
	  SEEN, false },
	{ "from m.example ([203.0.113.5]) by mx.example.net over TLS secured channel with Microsoft"
	  " SMTPSVC(8.5.9600.16384); d", SEEN, false },
	{ "from mail pickup service by mx.example.net with Microsoft SMTPSVC; date", NONE, false },
	/* Exchange 5.5 */
	{ "from m.example (203.0.113.5 [203.0.113.5]) by mx.example.net with SMTP (Microsoft Exchange Internet Mail"
	  " Service Version 5.5.1960.3) id G69TW478; date", SEEN, false },
	/* MailMarshal */
	{ "from m.example (Not Verified[203.0.113.5]) by mx.example.net with MailMarshal (v6,7,2,8378)\n\tid <B4bd5>;"
	  " date", SEEN, false },
	/* AT&T's and Comcast's, glued */
	{ "from m.example (<unknown.domain>[203.0.113.5]) by mx.example.net (mx) with SMTP id"
	  " <2002112823351305300akl1ue>; d", SEEN, false },
	{ "from m.example (dsl.example.org[203.0.113.5]) by mx.example.net (mx) with SMTP id <20030222>; date",
	  SEEN, false },
	/* Sun and Oracle */
	{ "from [192.168.1.27] ([unknown] [203.0.113.5]) by mx.example.net\n (Sun Java(tm) System Messaging Server"
	  " 7u2-7.02 32bit (built Apr 16 2009))\n with ESMTPA id <0NAK0041N80S4K20@mx.example.net>; date", SEEN, true },
	{ "from m.example ([203.0.113.5]) by mx.example.net (Oracle Communications Messaging Server 7.0.5.32.0 64bit)"
	  " with ESMTP id <1@mx>; date", SEEN, false },
	{ "from daemon.mx.example.net by mx.example.net (iPlanet Messaging Server 5.2 HotFix 2.07 (built Jun 24 2005))"
	  " id <1@mx.example.net>; date", NONE, false },
	/* BellSouth */
	{ "from m.example ([203.0.113.5] [203.0.113.5]) by mx.example.net with ESMTP; date", SEEN, false },
	/* InterMail */
	{ "from pc ([203.0.113.5]) by mx.example.net (InterMail vM.4.01.03.37 201-229-121-137-20020806) with ESMTP id"
	  " <20031220035023.GCFK2588.mx@pc>; date", SEEN, false },
	/* FortiMail, login */
	{ "from pc ([203.0.113.5])\n\t(user=joe@example.net mech=LOGIN bits=0)\n\tby mx.example.net  with ESMTP id"
	  " 33JBph; date", SEEN, true },
	/* Symantec NAV gateway: the clause in a comment */
	{ "(from PC [203.0.113.5]) by mx.example.net (NAVGW 2.5.2.12) with SMTP id M2006040415284308595; date",
	  SEEN, false },
	/* Proofpoint */
	{ "from pps.filterd (m0001.ppops.example [127.0.0.1])\n\tby m0001.ppops.example (8.17.1.19/8.17.1.19) with"
	  " ESMTP id 3x; date", "127.0.0.1", false },
	{ "from m.example (m.example [203.0.113.5])\n\tby mx0a.pphosted.example (PPS) with ESMTPS id 3x1"
	  " (version=TLSv1.2 cipher=X bits=256 verify=NOT); date", SEEN, false },
	/* Mimecast */
	{ "from m.example (m.example\n [203.0.113.5]) (Using TLS) by relay.mimecast.example with ESMTP id\n"
	  " us-mta-585-1; date", SEEN, false },
	{ "from m.example (203.0.113.5 [203.0.113.5]) by relay.mimecast.example with ESMTP with STARTTLS"
	  " (version=TLSv1.3, cipher=TLS_AES_256_GCM_SHA384) id uk-mta-1; date", SEEN, false },
	/* Barracuda */
	{ "from m.example (m.example [203.0.113.5]) by barracuda.example.net with ESMTP id CeDhXMpqfiMu6K7q; date",
	  SEEN, false },
	/* IronPort (Cisco) */
	{ "from m.example ([203.0.113.5])\n  by esa1.example.net with ESMTP/TLS/ECDHE-RSA-AES128-GCM-SHA256; date",
	  SEEN, false },
	/* Trend Micro hosted */
	{ "from 203.0.113.5_.trendmicro.example (unknown [203.0.113.5])\n\tby in.trendmicro.example (Postfix) with"
	  " ESMTPS id 1; d", SEEN, false },
	/* Amazon SES */
	{ "from a9-1.smtp-out.example.org (a9-1.smtp-out.example.org [203.0.113.5])\n by inbound-smtp.example.net with"
	  " SMTP id jl0b; date", SEEN, false },
	/* SendGrid */
	{ "from MTIzNDU2Nw (dsl.example.org [203.0.113.5])\n\tby geopod-1.example.net (SG) with HTTP\n\tid 1; date",
	  SEEN, true },
	{ "by filter0001p1.example.net with SMTP id filter0001p1-1; date", NONE, false },
	/* Coremail, webmail */
	{ "from joe$example.net ( [203.0.113.5] ) by\n ajax-webmail-wmsvr75 (Coremail) ; date", SEEN, false },
	{ "from joe$example.net ( [192.0.2.66, 203.0.113.5] ) by ajax-webmail (Coremail) ; date", NONE, false },
	{ "from pc (unknown []) by gzsmtp2 (Coremail) with SMTP id 1; date", NONE, false },
	/* simta, upper case */
	{ "FROM pc (dsl.example.org [203.0.113.5]) BY mx.example.net ID 434B508E.174A6.13932 ; 11 Oct 2005 01:41:34"
	  " -0400", SEEN, false },
	/* UMR: via before by */
	{ "from m.example (m.example [203.0.113.5]) via ESMTP by mx.example.net (8.12.1/) id h06; date", SEEN, false },
	/* SpamExperts: with before by */
	{ "from pc ([203.0.113.5] helo=pc) with IPv4:25 by\n\tspamfilter.example.net; date", SEEN, false },
	/* no blank before "by" */
	{ "from m.example (m.example [203.0.113.5])by  mx.example.net (Postfix) with ESMTP id 1; date", SEEN, false },
};

/* from HELO (ADDRESS), from NAME (HELO x) (user@ADDRESS). */
static const struct row bare[] = {
	/* Exchange */
	{ "from m.example (203.0.113.5) by\n EX01.example.net (198.51.100.1) with Microsoft SMTP Server"
	  " (version=TLS1_2,\n"
	  " cipher=TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384) id\n 15.1.2507.27; Mon, 1 Jan 2024 10:00:00 +0100",
	  SEEN, false },
	{ "from [192.168.1.5] (203.0.113.5) by EX01.example.net (198.51.100.1) with Microsoft SMTP Server (TLS) id"
	  " 14.3.123.3; d", SEEN, false },
	{ "from (203.0.113.5) by EX01.example.net (198.51.100.1) with Microsoft SMTP Server id 14.3.195.1; date",
	  SEEN, false },
	/* Exchange, between mailbox servers; zones */
	{ "from EX02.example.net ([fe80::755c:1705:6a98:dcff%11]) by EX01.example.net\n ([fe80::1%11]) with mapi id"
	  " 14.03.0123.003; date", "fe80::755c:1705:6a98:dcff", false },
	/* Microsoft 365 */
	{ "from AM0P.eurprd01.prod.outlook.example (2001:db8::5)\n by VI1P.eurprd01.prod.outlook.example"
	  " (2001:db8:1::7) with\n"
	  " Microsoft SMTP Server (version=TLS1_2, cipher=X) id\n 15.20.7452.22 via Frontend Transport; date",
	  SEEN6, false },
	{ "from AM0P.eurprd01.prod.outlook.example ([fe80::5]) by AM0P.eurprd01.prod.outlook.example\n ([fe80::1%4])"
	  " with mapi id 15.20.4242.023; date", "fe80::5", false },
	{ "from m.example (203.0.113.5) by\n VE1.mail.protection.outlook.example (10.152.12.54) with Microsoft SMTP"
	  " Server id\n"
	  " 15.20.1.1 via Frontend Transport; date", SEEN, false },
	{ "from AM0P.example (2001:db8::5) by VI1P.example with HTTPS; date", SEEN6, true },
	/* Mercury/32; its spooler has no client */
	{ "from m.example (203.0.113.5) by mx.example.net (Mercury/32\n v4.52) with ESMTP ID MG0042CD; date",
	  SEEN, false },
	{ "from spooler by mx.example.net (Mercury/32 v4.52); date", NONE, false },
	{ "from Spooler by mx.example.net (Mercury/32 v4.52) ID MO0042CF; date", NONE, false },
	/* Axigen */
	{ "from [192.168.0.101] (203.0.113.5) by mx.example.net (Axigen) with ESMTPA id\n0FB2FB; date", SEEN, true },
	/* CriticalPath, login behind "by" */
	{ "from pc.example.org (203.0.113.5) by mx.example.net (7.0.027) (authenticated as joe@example.net) id 416A; d",
	  SEEN, true },
	{ "from pc.example.org (203.0.113.5) by mx.example.net (8.6.060.43)        id 54100E; date", SEEN, false },
	/* IronPort, older */
	{ "from ironport.example (203.0.113.5) by a50.example.net with ESMTP; date", SEEN, false },
	/* XMail: ports, and its own address */
	{ "from m.example (203.0.113.5:23198) by mx.example.net (198.51.100.1:25) with [XMail 1.20 ESMTP Server] id"
	  " <S72E> for <a@example.net> from <b@example.org>; date", SEEN, false },
	{ "from m.example ([203.0.113.5]:23198) by mx.example.net with [XMail 1.20 ESMTP Server] id <S72E> for <a@x>;"
	  " d", SEEN, false },
	/* McAfee */
	{ "from (203.0.113.5) by mcafee.example.net via smtp id 021b_7e19a55a; date", SEEN, false },
	/* Scalix, blank within */
	{ "from PC ( 203.0.113.5) by mx.example.net (Scalix SMTP Relay 10.0.1.3) via ESMTP; date", SEEN, false },
	/* smap, csmap, Obtuse: glued */
	{ "from m.example(203.0.113.5) by mx.example.net via smap (V1.3)\n\tid xma093673; date", SEEN, false },
	{ "from m.example(203.0.113.5, HELO [192.0.2.66]) by mx.example.net via smap (V1.3) id xma002908; date",
	  SEEN, false },
	{ "from m.example(203.0.113.5), claiming to be \"x [192.0.2.66] by\" via SMTP\n by mx.example.net, id smtpd1P;"
	  " date", SEEN, false },
	/* qmail */
	{ "from m.example (203.0.113.5)\n  by mx.example.net with SMTP; 14 Nov 2003 08:31:29 -0000", SEEN, false },
	{ "from unknown (HELO pc) (203.0.113.5)\n  by mx.example.net with SMTP; 1 Nov 2003 07:05:19 -0000",
	  SEEN, false },
	{ "from unknown (HELO ) (203.0.113.5) by mx.example.net with SMTP; date", SEEN, false },
	{ "from dsl.example.org (HELO ?192.0.2.66?) (203.0.113.5)\n  by mx.example.net (qp 87263) with SMTP; date",
	  SEEN, false },
	/* qmail with ident */
	{ "from m.example (joe@203.0.113.5) by mx.example.net with SMTP; date", SEEN, false },
	{ "from unknown (HELO [192.0.2.66]) (joe@203.0.113.5) by mx.example.net with SMTP; date", SEEN, false },
	{ "from unknown (HELO pc) (joe@example.net@203.0.113.5) by mx.example.net with SMTP; date", SEEN, false },
	{ "from m.example (?dXqpg3b0hiH9?@203.0.113.5) by mx.example.net with SMTP; date", SEEN, false },
	/* qmail and netqmail with a TLS patch, IPv6 patch */
	{ "from m.example (HELO x) (203.0.113.5)\n  by mx.example.net with (DHE-RSA-AES256-SHA encrypted) SMTP; date",
	  SEEN, false },
	{ "from m.example (HELO x) (2001:db8::5) by mx.example.net with SMTP; date", SEEN6, false },
	{ "from m.example (HELO x) (::ffff:203.0.113.5) by mx.example.net with ESMTPS; date", SEEN, false },
	/* netqmail with an AUTH patch, indimail */
	{ "from unknown (HELO pc) (joe@example.net@203.0.113.5)\n  by mx.example.net with ESMTPA; date", SEEN, true },
	{ "from unknown (HELO pc) (joe@203.0.113.5)\n  by mx.example.net with (AES128-SHA encrypted) ESMTPSA; date",
	  SEEN, true },
	/* qmail-ldap: brackets, and a sender */
	{ "from unknown (HELO [192.0.2.66]) ([203.0.113.5]) (envelope-sender <joe@[192.0.2.66]>)\n"
	  "          by 198.51.100.1 (qmail-ldap-1.03) with SMTP\n          for <a@example.net>; date", SEEN, false },
	{ "from unknown (HELO x) (joe@[203.0.113.5]) (envelope-sender <joe@m.example>) by mx (qmail-ldap-1.03) with"
	  " SMTP; d", SEEN, false },
	/* qmail, local */
	{ "(qmail 10681 invoked by uid 404); 14 Nov 2003 08:05:52 -0000", NONE, false },
	{ "(qmail 84907 invoked from network); 13 Feb 2003 20:59:28 -0000", NONE, false },
	{ "(qmail 87263 messnum 771997 invoked from network[192.0.2.66/m.example]); 8 Mar 2004 23:59:05 -0000",
	  NONE, false },
	{ "(indimail 557 invoked by uid 555); date", NONE, false },
	{ "(ofmipd 192.0.2.66); 17 Mar 2003 04:09:01 -0000", NONE, false },
	/* qmail-scanner: one more "by" */
	{ "from joe@example.org by mx.example.net by uid 502 with qmail-scanner-1.20 (clamuko: 0.65."
	  " Clear:RC:0(192.0.2.66):. Processed in 0.2 secs); date", NONE, false },
	{ "from 192.0.2.66 by mx.example.net (envelope-from <joe@example.org>, uid 502) with qmail-scanner-1.24 (x); d",
	  NONE, false },
	/* qpsmtpd */
	{ "from m.example (HELO x) (203.0.113.5) by mx.example.net (qpsmtpd/0.93) with ESMTP; date", SEEN, false },
	{ "from m.example (HELO x) (203.0.113.5)\n  (smtp-auth username joe, mechanism cram-md5)\n  by mx.example.net"
	  " (qpsmtpd/0.40) with SMTP; date", SEEN, true },
	/* Yahoo */
	{ "from 203.0.113.5  (EHLO ) (203.0.113.5)\n  by mta232.example.net with SMTP; date", SEEN, false },
	{ "from dsl.example.org (HELO PC) (joe@203.0.113.5 with plain)\n  by smtp.example.net with SMTP; date",
	  SEEN, true },
	{ "from m.example (EHLO x) ([203.0.113.5])\n          by smtp.example.net (JAMES SMTP Server ) with ESMTPA ID"
	  " 658; d", SEEN, true },
	/* MessageLabs */
	{ "from unknown (HELO m.example) (203.0.113.5)\n  by server-7.tower-28.messagelabs.example with SMTP; date",
	  SEEN, false },
	/* James 2, James 3 */
	{ "from 203.0.113.5 ([203.0.113.5])\n          by mx.example.net (JAMES SMTP Server 2.3.2) with SMTP ID 798; d",
	  SEEN, false },
	{ "from 2001:db8::5 (EHLO [IPv6:2001:db8:bad::66]) ([2001:db8::5]) by mx.example.net (JAMES SMTP Server ) with"
	  " ESMTPA ID 1; date", SEEN6, true },
	/* Haraka behind qmail-like settings */
	{ "from unknown (HELO unkown) (::1)\n        by mx.example.net (Haraka/2.8.28) with ESMTPSA; date",
	  "::1", true },
	/* Zimbra, LMTP */
	{ "from zimbra.example.net (LHLO zimbra.example.net) (203.0.113.5) by zimbra.example.net with LMTP; date",
	  SEEN, false },
	/* GMX: the address behind the comment */
	{ "from dsl.example.org (EHLO PC) [203.0.113.5]\n  by mail.example.net (mp033) with SMTP; date", SEEN, false },
	/* AltaVista and others: the address before HELO */
	{ "from 203.0.113.5 (HELO daisy) by smtp.example.net (198.51.100.1) with SMTP; date", SEEN, false },
	{ "from 203.0.113.5(helo=m.example)   by mx.example.net with\n\tesmtpa (Exim 4.69) id 1MMY77; date",
	  SEEN, true },
};

/* from NAME ([ADDRESS] helo=x), from [ADDRESS] (helo=x), from [ADDRESS]. */
static const struct row literal_first[] = {
	/* Exim */
	{ "from m.example ([203.0.113.5])\n\tby mx.example.net with esmtps (TLS1.3) tls TLS_AES_256_GCM_SHA384\n\t(Exim"
	  " 4.96)\n"
	  "\t(envelope-from <joe@m.example>)\n\tid 1njKeQ-00005X-Va\n\tfor a@example.net; date", SEEN, false },
	{ "from dsl.example.org ([203.0.113.5] helo=m.example)\n\tby mx.example.net with esmtp (Exim 4.96) id 1-2-3; d",
	  SEEN, false },
	{ "from dsl.example.org ([203.0.113.5] helo=[192.0.2.66]) by mx.example.net with esmtp (Exim 4.96) id 1; d",
	  SEEN, false },
	{ "from dsl.example.org\n\t([203.0.113.5] helo=x ident=joe) by mx.example.net with esmtp (Exim 4.50) id 1; d",
	  SEEN, false },
	{ "from m.example ([203.0.113.5] ident=[W9VcNxE2vKxgWHD05P]) by mx.example.net with esmtp (Exim 3.36) id 1; d",
	  SEEN, false },
	/* Exim with +incoming_port */
	{ "from m.example ([203.0.113.5]:60178 helo=x) by mx.example.net with esmtps (Exim 4.50) id 1; date",
	  SEEN, false },
	{ "from m.example ([203.0.113.5]:52313) by mx.example.net with esmtps (TLS-1.0:DHE_RSA_3DES_EDE_CBC_SHA:24)"
	  " (Exim 4.50) id 1; date", SEEN, false },
	{ "from m.example ([2001:db8::5]:52313) by mx.example.net with esmtps (Exim 4.96) id 1; date", SEEN6, false },
	{ "from [203.0.113.5]:41234 by mx.example.net with esmtp (Exim 4.96) id 1; date", SEEN, false },
	/* Exim, no reverse name */
	{ "from [203.0.113.5] (helo=m.example)\n\tby mx.example.net with esmtp (Exim 4.96) id 1; date", SEEN, false },
	{ "from [203.0.113.5] (helo=[192.0.2.66])\n\tby mx.example.net with esmtpsa (TLS1.2:X:128) (Exim 4.84_2) id 1;"
	  " d", SEEN, true },
	{ "from [203.0.113.5] (port=32914 helo=m.example)\n\tby mx.example.net with esmtp (Exim 4.90_1) id 1; date",
	  SEEN, false },
	{ "from [203.0.113.5] (helo=m.example ident=yiuhyotp) by mx.example.net with smtp (Exim 3.35 #1 (Debian)) id 1;"
	  " d", SEEN, false },
	{ "from [2001:db8::5] (helo=m.example) by mx.example.net with esmtps (Exim 4.96) id 1; date", SEEN6, false },
	{ "from [203.0.113.5] by mx.example.net with smtp (Exim 4.96) id 1; date", SEEN, false },
	/* Exim, login under its old name */
	{ "from dsl.example.org ([203.0.113.5] helo=x) by mx.example.net with asmtp (TLS-1.0:RSA:16) (Exim 4.34) id 1;"
	  " d", SEEN, true },
	/* Exim, local */
	{ "from apache by mx.example.net with local (Exim 4.96)\n\t(envelope-from <www@mx.example.net>) id 1; date",
	  NONE, false },
	{ "from joe (helo=localhost) by mx.example.net with local-esmtp (Exim 4.43) id 1; date", NONE, false },
	{ "from by by mx.example.net with local (Exim 4.96) id 1; date", NONE, false },
	{ "by mx.example.net with esmtpsa (Exim 4.96) id 1; date", NONE, true },
	/* Exim 3: no parentheses; the port behind a dot */
	{ "from m.example [203.0.113.5] by mx.example.net with esmtp (Exim 3.35 #1 (Debian)) id 1; date", SEEN, false },
	{ "from m.example ([203.0.113.5.63559]) by mx.example.net with esmtp  (v3.35.1) id 1; date", SEEN, false },
	{ "from m.example (helene.example) [203.0.113.5.13219] (mail)\n\tby mx.example.net with esmtp (Exim 3.35 #1"
	  " (Debian)) id 1; date", SEEN, false },
	/* Momentum (ecelerity): port within the brackets, no name */
	{ "from ([203.0.113.5:50387] helo=m.example) by mx.example.net (ecelerity 2.1.1.3 r(11743)) with ESMTP id"
	  " 80/0A; d", SEEN, false },
	{ "from [203.0.113.5] ([203.0.113.5:41412] helo=x)\n\tby mx.example.net (envelope-from <joe@m.example>)\n"
	  "\t(ecelerity 3.6.4.44580 r(Platform:3.6.4.1)) with ESMTP\tid 43/97; date", SEEN, false },
	{ "from [203.0.113.5] ([[203.0.113.5:12140]) by mx.example.net (ecelerity 2.2.2.45) with ECSTREAM id 1; d",
	  SEEN, false },
	{ "from m.example ([2001:db8::5:53798] helo=x) by mx.example.net (ecelerity 4.2) with ESMTP id 1; date",
	  SEEN6, false },
	/* ASSP */
	{ "from server1 ([203.0.113.5] helo=server1) by mx.example.net with ESMTP (ASSP 1.9.9); date", SEEN, false },
	/* Nemesis (1&1) */
	{ "from [203.0.113.5] (helo=m.example)\n  by mx.example.net with ESMTP (Nemesis),\n id 0MKpdM; date",
	  SEEN, false },
	{ "from [192.168.1.132] ([203.0.113.5]) by mx.example.net (mreue104) with ESMTPA (Nemesis) id 0M9; date",
	  SEEN, true },
	/* ZMailer (vger) */
	{ "from m.example ([203.0.113.5]:38095 \"EHLO\n\tx.example\" rhost-flags-OK-OK-OK-OK) by vger.example.net\n"
	  "\twith ESMTP id S1729009AbgFRPv0 (ORCPT\n\t<rfc822;list@vger.example.net>); date", SEEN, false },
	{ "from m.example ([203.0.113.5]:4883 \"HELO [192.0.2.66]\" ident: \"NO-IDENT-SERVICE[2]\") by vger.example.net"
	  " with ESMTP id 1; date", SEEN, false },
	/* CommuniGate Pro */
	{ "from [203.0.113.5] (HELO m.example)\n  by mx.example.net (CommuniGate Pro SMTP 6.1.2)\n  with ESMTP id 1; d",
	  SEEN, false },
	{ "from [203.0.113.5] (HELO [192.0.2.66]) by mx.example.net (CommuniGate Pro SMTP 7.1.1) with ESMTPS id 1; d",
	  SEEN, false },
	{ "from m.example ([203.0.113.5] verified) by mx.example.net (CommuniGate Pro SMTP 4.1.8) with ESMTP id 1; d",
	  SEEN, false },
	{ "from [203.0.113.5] (account joe@example.net HELO [192.0.2.66])\n  by mx.example.net (CommuniGate Pro SMTP"
	  " 6.1.11)\n"
	  "  with ESMTPSA id 1; date", SEEN, true },
	{ "from [203.0.113.5] (account joe HELO pc) by mx.example.net (CommuniGate Pro SMTP 3.5.7) with ESMTP-TLS id 1;"
	  " d", SEEN, true },
	{ "from [203.0.113.5] (account joe [203.0.113.5] verified)\n  by mx.example.net (CommuniGate Pro SMTP 5.0.9)\n"
	  "  with ESMTPA id 1; date", SEEN, true },
	{ "from dsl.example.org (account joe [203.0.113.5] verified) by mx.example.net (CommuniGate Pro SMTP 5.1.13)"
	  " with ESMTPSA id 1; date", SEEN, true },
	{ "from 203.0.113.5 (account <joe@example.net> HELO\n pc) by mx.example.net (CommuniGate Pro SMTP 5.2.3)  with"
	  " ESMTPA id 1; date", SEEN, true },
	{ "from [203.0.113.5] (account joe HELO pc)   by  (CommuniGate Pro SMTP 5.2.3)    with ESMTPA id\n 1; date",
	  SEEN, true },
	{ "from [203.0.113.5] (account joe@example.net) by webmail.example.net (CommuniGate Pro XIMSS 5.2.16) with"
	  " HTTPU id 1; d", SEEN, true },
	/* MessageLabs, Symantec.cloud */
	{ "from [203.0.113.5] (using TLSv1.2 with cipher DHE-RSA-AES256-GCM-SHA384 (256 bits))\n\tby"
	  " server-14.bemta-8.example.net id 12/44-07697-E7C4B0B5; date", SEEN, false },
	{ "from [203.0.113.5:56935] by server-3.bemta-4.example.net id D9/62; date", SEEN, false },
	/* MDaemon, HELO equal to the address */
	{ "from [IPV6:2001:db8::5] by mx.example.net (IPv6:2001:db8:1::7) (MDaemon PRO v23.5.1)\n\twith ESMTPSA id md5;"
	  " d", SEEN6, true },
	/* F-Secure */
	{ "from [203.0.113.5]:50999 (HELO m.example) by fsav4im2 ([198.51.100.1]:25) (F-Secure Anti-Virus for Internet"
	  " Mail 6.0.34 Release) with SMTP; date", SEEN, false },
	/* MailAnyone */
	{ "from  [203.0.113.5] (HELO m.example) by smtp-gw138.example.net with esmtp (MailAnyone incSMTP Exim) id f1;"
	  " d", SEEN, false },
	/* IMail, MDaemon 5: name [address] */
	{ "from pc [203.0.113.5] by mx.example.net with ESMTP\n  (SMTPD32-8.00) id A66B7D000DA; date", SEEN, false },
	{ "from pc [203.0.113.5] by mx.example.net [198.51.100.1] with SMTP (MDaemon.PRO.v5.0.6.R); date",
	  SEEN, false },
	{ "from UnknownHost [203.0.113.5] by mx.example.net with SMTP;\n\tdate", SEEN, false },
	/* Post.Office, MessageWall, ArGoSoft, id before with */
	{ "from [203.0.113.5] by mx.example.net (Post.Office MTA v3.5.3 release 223 ID# 0-64039U1000L100S0V35) with"
	  " SMTP id 1; d", SEEN, false },
	{ "from [203.0.113.5] by mx.example.net (MessageWall 1.1.0) with SMTP; date", SEEN, false },
	{ "from [127.0.0.1] by mx (ArGoSoft Mail Server Freeware, Version 1.8 (1.8.2.5)); date", "127.0.0.1", false },
	{ "from [203.0.113.5] by mx.example.net id MgPxU0vtURrs with\n SMTP; date", SEEN, false },
};

/* Webmail, fetchers, and systems without an address. */
static const struct row others[] = {
	/* Yahoo, Hotmail, GMX, Outblaze by the web */
	{ "from [203.0.113.5] by web40310.example.net via HTTP; date", SEEN, true },
	{ "from 203.0.113.5 by by1fd.example.net with HTTP; date", SEEN, true },
	{ "from [203.0.113.5] by ws1-7.example.net with http for\n a@example.net; date", SEEN, true },
	/* SquirrelMail, NaSMail */
	{ "from 203.0.113.5\n        (SquirrelMail authenticated user joe)\n        by mx.example.net with HTTP;\n     "
	  "   date", SEEN, true },
	{ "from 203.0.113.5 (SquirrelMail authenticated user joe); by mx.example.net with HTTP; date", SEEN, true },
	{ "from pc ([203.0.113.5]) (SquirrelMail authenticated user joe) by mx.example.net with HTTP; date",
	  SEEN, true },
	{ "from 203.0.113.5 (proxying for 192.0.2.66) (SquirrelMail authenticated user joe) by mx.example.net with"
	  " HTTP; d", SEEN, true },
	{ "from 203.0.113.5 (NaSMail authenticated user john.doe) by mx.example.net with HTTP; date", SEEN, true },
	/* Horde, IMP, Roundcube */
	{ "from dsl.example.org (dsl.example.org\n [203.0.113.5]) by mx.example.net (Horde Framework) with HTTPS; date",
	  SEEN, true },
	{ "from 203.0.113.5 ([203.0.113.5]) by mx.example.net (IMP) with HTTP; date", SEEN, true },
	{ "from 192.168.5.158 ( [203.0.113.5]) as user joe@localhost by mx.example.net with HTTP; date", SEEN, true },
	{ "from pc [203.0.113.5] by mx.example.net\n with HTTP (HTTP/1.1 POST); date", SEEN, true },
	{ "by 198.51.100.1 with HTTP; Fri, 13 Feb 2015 04:57:11 -0800 (PST)", NONE, true },
	{ "from mailer  by mx.example.net with HTTP (Mail); date", NONE, true },
	/* fetchmail: the address of the POP server, which fetchmail saw */
	{ "from pop.example.org [203.0.113.5]\n\tby localhost with POP3 (fetchmail-6.4.37)\n\tfor <joe@localhost>"
	  " (single-drop); d", SEEN, false },
	{ "from localhost [127.0.0.1] by localhost with IMAP (fetchmail-6.2.4) for joe@localhost (single-drop); date",
	  "127.0.0.1", false },
	{ "from pop.example.org by pc with POP3 (getmail6.18.13 msgid:1); date", NONE, false },
	/* LMTP without TCP: Dovecot, Cyrus, Sieve */
	{ "from mx.example.net\n\tby imap.example.net with LMTP\n\tid 4G1xKJ; date", NONE, false },
	{ "from mx.example.net ([unix socket])\n\t by imap.example.net (Cyrus v2.4.17) with LMTPA; date", NONE, true },
	{ "from mx.example.net ([203.0.113.5])\n\tby imap.example.net with LMTP\n\tid aG+; date", SEEN, false },
	{ "from localhost.localdomain ([2001:db8::5]) by imap.example.net with LMTPSA id 1; date", SEEN6, true },
	{ "from senmail2.example.org with LMTP by mx (3.0.2/sieved-3-0-build-942); date", NONE, false },
	/* Mailman, LISTSERV, LSMTP, Clearswift, GroupWise, MTAs that keep the address to themselves */
	{ "from lists.example.net (localhost [127.0.0.1]) by lists.example.net (Postfix) with ESMTP id 1; d",
	  "127.0.0.1", false },
	{ "from LIST.EXAMPLE by LIST.EXAMPLE (LISTSERV-TCP/IP release 1.8d) with spool id 35469828; date",
	  NONE, false },
	{ "from PC (pc.example.org) by mx.example.net (LSMTP for Windows NT v1.1b) with SMTP id <21.000575A0@mx>; d",
	  NONE, false },
	{ "from m.example (unverified) by mx.example.net (Clearswift SMTPRS 5.1.7) with ESMTP id <T1@mx>; date",
	  NONE, false },
	{ "from INET-PRV1-MTA by mx.example.net\n with Novell_GroupWise; date", NONE, false },
	{ "from m.example by mx.example.net (VisNetic.MailServer.v8.3.0.1) with ASMTP id AYT39007; date", NONE, true },
	{ "from no.name.available by [198.51.100.1] via smtpd (for [198.51.100.2]) with ESMTP; date", NONE, false },
	{ "from m.example ([203.0.113.5]) by mx.example.net via smtpd (for [198.51.100.2]) with SMTP; date",
	  SEEN, false },
	{ "from (AUTH: e40a9cea) by mx.example.net with esmtp (courier-0.40); date", NONE, false },
	{ "from <unavailable> by mx.example.net (8.12.11/8.12.11) with ESMTP id k4MC0Jdu015089; date", NONE, false },
	{ "from Unknown/Local ([?.?.?.?]) by mx.example.net; date", NONE, false },
	{ "from 127.0.0.1 (AVG SMTP 7.0.299 [265.6.8]); Wed, 05 Jan 2005 15:06:48 -0800", NONE, false },
	{ "from ([203.0.113.5]) for <a@example.net> with MailEnable Catch-All Filter; date", NONE, false },
	{ "by mobile (sSMTP sendmail emulation); date", NONE, false },
	{ "Message by Barricade mx.example.net with ESMTP id h1I7hGU06122; date", NONE, false },
	{ "by oxp.example.net (OpenXP/32 v3.9.4 (Win32) alpha @\n 2003-03-07-1751d); date", NONE, false },
};

/* What the sender chose to write. */
static const struct row forged[] = {
	/* an address as HELO */
	{ "from [192.0.2.66] (m.example [203.0.113.5]) by mx.example.net (Postfix) with SMTP id 1; date", SEEN, false },
	{ "from 192.0.2.66 (m.example [203.0.113.5]) by mx.example.net (Postfix) with SMTP id 1; date", SEEN, false },
	{ "from [IPv6:2001:db8:bad::66] (m.example [203.0.113.5]) by mx.example.net (Postfix) with SMTP id 1; d",
	  SEEN, false },
	{ "from [192.0.2.66] (203.0.113.5) by EX01.example.net (198.51.100.1) with Microsoft SMTP Server id 15.1; d",
	  SEEN, false },
	{ "from 192.0.2.66 (203.0.113.5) by mx.example.net with SMTP; date", SEEN, false },
	{ "from 192.0.2.66 (unknown [unknown]) by mx.example.net (Postfix) with SMTP id 1; date", NONE, false },
	{ "from [192.0.2.66] (unknown [unknown]) by mx.example.net (Postfix) with SMTP id 1; date", NONE, false },
	{ "from [192.0.2.66] (localhost [[UNIX: localhost]]) by mx.example.net (8.17.1/8.17.1) with ESMTP id 1; d",
	  NONE, false },
	{ "from [192.0.2.66] (m.example) by mx.example.net (LSMTP for Windows NT v1.1b) with SMTP id 1; date",
	  NONE, false },
	{ "from [192.0.2.66] (unverified) by mx.example.net (Clearswift SMTPRS 5.1.7) with ESMTP id 1; date",
	  NONE, false },
	/* ... and nothing else: no server writes down who it was, so nobody knows */
	{ "from 192.0.2.66 by mx.example.net with SMTP; date", NONE, false },
	{ "from 192.0.2.66 by mx.example.net (InterScan E-Mail VirusWall NT); date", NONE, false },
	{ "from x[192.0.2.66] by mx.example.net with SMTP; date", NONE, false },
	{ "from joe@192.0.2.66x by mx.example.net with SMTP; date", NONE, false },
	/* a reverse name that is an address; qmail prints it behind "from" */
	{ "from 192.0.2.66 (HELO x) (203.0.113.5) by mx.example.net with SMTP; date", SEEN, false },
	{ "from x (192.0.2.66 [203.0.113.5]) by mx.example.net with SMTP; date", SEEN, false },
	/* a reverse name "helo", not confirmed: Sendmail prints it; behind a literal it could be CommuniGate's HELO */
	{ "from x (helo [203.0.113.5] (may be forged)) by mx.example.net (8.17.1/8.17.1) with SMTP id 1; d",
	  SEEN, false },
	{ "from [192.0.2.66] (helo [203.0.113.5] (may be forged)) by mx.example.net (8.17.1/8.17.1) with SMTP id 1; d",
	  NONE, false },
	{ "from [203.0.113.5] (HELO [192.0.2.66] (y)) by mx.example.net (CommuniGate Pro SMTP 6.1.2) with ESMTP id 1;"
	  " d", NONE, false },
	{ "from [203.0.113.5] (HELO x (y) [192.0.2.66]) by mx.example.net (CommuniGate Pro SMTP 6.1.2) with ESMTP id 1;"
	  " d", SEEN, false },
	{ "from [203.0.113.5] (HELO (y)) by mx.example.net (CommuniGate Pro SMTP 6.1.2) with ESMTP id 1; d",
	  SEEN, false },
	{ "from [192.0.2.66] (account [203.0.113.5] (may be forged)) by mx.example.net (8.17.1/8.17.1) with SMTP id 1;"
	  " d", SEEN, false },
	{ "from x (authenticated [203.0.113.5] (may be forged)) by mx.example.net (8.17.1/8.17.1) with SMTP id 1; d",
	  SEEN, false },
	/* an answer to ident that looks like Exim's key; Sendmail and qmail copy it */
	{ "from [192.0.2.66] (helo=@m.example [203.0.113.5]) by mx.example.net (8.17.1/8.17.1) with SMTP id 1; d",
	  SEEN, false },
	{ "from unknown (HELO x) (helo=@203.0.113.5) by mx.example.net with SMTP; date", SEEN, false },
	{ "from unknown (HELO x) (192.0.2.66@203.0.113.5) by mx.example.net with SMTP; date", SEEN, false },
	/* an answer to ident with a comment's end, which old Exim copies: whose is the second address? */
	{ "from m.example ([203.0.113.5] ident=x) (y [192.0.2.66]) by mx.example.net with esmtp (Exim 3.36) id 1; d",
	  NONE, false },
	{ "from m.example ([203.0.113.5] ident=x@) (y [192.0.2.66]) by mx.example.net with esmtp (Exim 3.36) id 1; d",
	  NONE, false },
	/* comments in HELO, for servers that copy it as it is: the server's comment is the last */
	{ "from x (y [192.0.2.66]) (m.example [203.0.113.5]) by mx.example.net with SMTP; date", SEEN, false },
	{ "from x ([192.0.2.66]) by-x (m.example [203.0.113.5]) by mx.example.net with SMTP; date", SEEN, false },
	{ "from x (192.0.2.66) ([203.0.113.5]) by mx.example.net with SMTP; date", SEEN, false },
	{ "from x [192.0.2.66] (m.example [203.0.113.5]) by mx.example.net with SMTP; date", SEEN, false },
	{ "from x (HELO y) (192.0.2.66) (m.example [203.0.113.5]) by mx.example.net with SMTP; date", SEEN, false },
	{ "from x ([192.0.2.66] y) (m.example [203.0.113.5]) by mx.example.net with SMTP; date", SEEN, false },
	{ "from x (y [192.0.2.66]) (unknown [unknown]) by mx.example.net with SMTP; date", NONE, false },
	{ "from \"x (y [192.0.2.66])\" (m.example [203.0.113.5]) by mx.example.net with SMTP; date", SEEN, false },
	{ "from x\\(y [192.0.2.66] (m.example [203.0.113.5]) by mx.example.net with SMTP; date", SEEN, false },
	/* ... unless HELO stands behind the address: then either may be the forged one */
	{ "from m.example ([203.0.113.5] helo=x) (y [192.0.2.66]) by mx.example.net with esmtp (Exim 4.96) id 1; d",
	  NONE, false },
	{ "from [203.0.113.5] (helo=x) (y [192.0.2.66]) by mx.example.net with esmtp (Exim 4.96) id 1; date",
	  NONE, false },
	{ "from [203.0.113.5] (HELO x) (y [192.0.2.66]) by mx.example.net (CommuniGate Pro SMTP 6.1.2) with ESMTP id 1;"
	  " d", NONE, false },
	{ "from m.example ([203.0.113.5]:5 \"EHLO x) (y [192.0.2.66]\" z) by vger.example.net with ESMTP id 1; d",
	  SEEN, false },
	{ "from m.example ([203.0.113.5]:5 \"EHLO x\") (y [192.0.2.66] z) by vger.example.net with ESMTP id 1; d",
	  NONE, false },
	{ "from m.example (203.0.113.5, HELO x) (y [192.0.2.66]) by mx.example.net via smap; date", NONE, false },
	{ "from [192.0.2.66] (HELO x) (m.example [203.0.113.5]) by mx.example.net with SMTP; date", NONE, false },
	{ "from x ([192.0.2.66] helo=y) (m.example [203.0.113.5]) by mx.example.net with SMTP; date", NONE, false },
	{ "from x ([192.0.2.66]) (HELO y) (m.example [203.0.113.5]) by mx.example.net with SMTP; date", NONE, false },
	{ "from [192.0.2.66] (HELO x) [203.0.113.5] by mx.example.net with SMTP; date", NONE, false },
	{ "from [192.0.2.66] (HELO x) (unknown [unknown]) by mx.example.net with SMTP; date", NONE, false },
	{ "from [203.0.113.5] (EHLO x) ([203.0.113.5]) by mx.example.net with SMTP; date", SEEN, false },
	{ "from [203.0.113.5] (account j HELO x) ([203.0.113.5]) by mx.example.net with SMTP; date", SEEN, false },
	{ "from [203.0.113.5] (account j HELO x) ([203.0.113.5]) by mx.example.net with ESMTPA; date", SEEN, true },
	/* a header in HELO: two "by", so nothing is believed */
	{ "from x (y [192.0.2.66]) by z with ESMTPSA id 1 (m.example [203.0.113.5]) by mx.example.net with SMTP; d",
	  NONE, false },
	{ "from x (y [192.0.2.66]) by z with ESMTPSA id 1; d (m.example [203.0.113.5]) by mx.example.net with SMTP; d",
	  NONE, false },
	{ "from x (y [192.0.2.66]) by z with ESMTPSA ( (m.example [203.0.113.5]) by mx.example.net with SMTP; d",
	  NONE, false },
	{ "from [192.0.2.66] by z with HTTP (m.example [203.0.113.5]) by mx.example.net with SMTP; date", NONE, false },
	/* ... but "by" as HELO alone does not help to hide */
	{ "from by (m.example [203.0.113.5]) by mx.example.net (Postfix) with SMTP id 1; date", SEEN, false },
	{ "from with (m.example [203.0.113.5]) by mx.example.net (Postfix) with SMTP id 1; date", SEEN, false },
	{ "from unknown (HELO by) (203.0.113.5) by mx.example.net with SMTP; date", SEEN, false },
	{ "from by,by (m.example [203.0.113.5]) by mx.example.net (Postfix) with SMTP id 1; date", SEEN, false },
	{ "from m.example (m.example [203.0.113.5]) by by with SMTP; date", SEEN, false },
	/* ... and a quoted mailbox does neither: Exim prints the sender in a comment, others the recipient */
	{ "from m.example ([203.0.113.5]) by mx.example.net with esmtp (Exim 4.96) (envelope-from <\"a) by b with"
	  " ESMTPSA (\"@m.example>) id 1; date", SEEN, false },
	{ "from m.example (m.example [203.0.113.5]) by mx.example.net (Postfix) with ESMTP id 1 for <\"a by b with"
	  " ESMTPSA id\"@example.net>; date", SEEN, false },
	{ "from m.example (m.example [203.0.113.5]) by mx.example.net (Postfix) with ESMTP id 1 for <\"(\"@x>; date",
	  SEEN, false },
	{ "from m.example (m.example [203.0.113.5]) by mx.example.net (8.16.1/8.16.1) with ESMTP id 1; date (UTC)"
	  " (envelope-from \"a) by b (\"@m.example)", SEEN, false },
	/* a sender's literal address in qmail-ldap's remark, a name and an account that look like an address */
	{ "from x (HELO y) ([203.0.113.5]) (envelope-sender <[192.0.2.66]>) by mx (qmail-ldap-1.03) with SMTP; d",
	  SEEN, false },
	{ "from pc (m.example [203.0.113.5]) (Authenticated sender: [192.0.2.66]) by mx (Postfix) with ESMTPSA id 1; d",
	  SEEN, true },
	{ "from pc (m.example [203.0.113.5]) (AUTH: LOGIN [192.0.2.66]) by mx.example.net with esmtp; date",
	  SEEN, true },
	{ "from pc (m.example [203.0.113.5]) (TLS: [192.0.2.66]) by mx.example.net with esmtp; date", SEEN, false },
	/* a login in HELO */
	{ "from x (Authenticated sender: y) (m.example [203.0.113.5]) by mx.example.net with SMTP; date", SEEN, false },
	{ "from x (y [192.0.2.66]) (Authenticated sender: y) (m.example [203.0.113.5]) by mx.example.net with SMTP; d",
	  SEEN, false },
	{ "from x with ESMTPSA (m.example [203.0.113.5]) by mx.example.net with SMTP; date", SEEN, false },
	{ "from x (with ESMTPSA) (m.example [203.0.113.5]) by mx.example.net with SMTP; date", SEEN, false },
	{ "from ESMTPSA (ESMTPSA [203.0.113.5]) by mx.example.net with SMTP id ESMTPSA; date", SEEN, false },
	{ "from m.example ([203.0.113.5] helo=x) (authenticated bits=0) by mx.example.net with esmtp (Exim 4) id 1; d",
	  SEEN, false },
	{ "from [203.0.113.5] (HELO x) (Authenticated sender: y) by mx.example.net with ESMTP; date", SEEN, false },
	{ "from x (Authenticated sender: y) by mx.example.net with SMTP; date", NONE, false },
	{ "from x (user=a) (m.example [203.0.113.5]) by mx.example.net with SMTP; date", SEEN, false },
	{ "from x (a@203.0.113.5 with) by mx.example.net with SMTP; date",
	  SEEN, true },        /* qmail lets no blank in */
	/* a login in what follows the protocol */
	{ "from m (m [203.0.113.5]) by mx.example.net with SMTP id with ESMTPSA; date", SEEN, false },
	{ "from m (m [203.0.113.5]) by mx.example.net with SMTP (with ESMTPSA) id 1; date", SEEN, false },
	{ "from m (m [203.0.113.5]) by mx.example.net with SMTP id 1 for <a@b> with ESMTPSA; date", SEEN, false },
	{ "from m (m [203.0.113.5]) by mx.example.net with SMTP id 1 (authenticated as x); date", SEEN, false },
	{ "from m (m [203.0.113.5]) by mx.example.net; with ESMTPSA", SEEN, false },
	{ "from m (m [203.0.113.5]) by ESMTPSA (ESMTPSA) with ESMTP; date", SEEN, false },
};

/* Addresses that are none, and addresses of others. */
static const struct row not_taken[] = {
	/* by, with, via, id, for, the date */
	{ "from m.example by mx.example.net (198.51.100.1) with SMTP; date", NONE, false },
	{ "from m.example by mx.example.net ([198.51.100.1]) with SMTP; date", NONE, false },
	{ "from m.example by [198.51.100.1] with SMTP; date", NONE, false },
	{ "from m.example by 198.51.100.1 with SMTP; date", NONE, false },
	{ "from m.example by mx.example.net (mx.example.net [198.51.100.1]) with SMTP; date", NONE, false },
	{ "from m.example by mx.example.net with SMTP ([198.51.100.1]); date", NONE, false },
	{ "from m.example by mx.example.net with SMTP id [198.51.100.1]; date", NONE, false },
	{ "from m.example by mx.example.net with SMTP id 1 for [198.51.100.1]; date", NONE, false },
	{ "from m.example by mx.example.net with SMTP id 1 for <a@[198.51.100.1]>; date", NONE, false },
	{ "from m.example by mx.example.net via [198.51.100.1] with SMTP; date", NONE, false },
	{ "from m.example by mx.example.net; Mon, 1 Jan 2024 10:00:00 (198.51.100.1)", NONE, false },
	{ "from m.example by mx.example.net; [198.51.100.1]", NONE, false },
	/* versions, ids, almost addresses */
	{ "from m.example (8.12.11.20060308) by mx.example.net with SMTP; date", NONE, false },
	{ "from m.example (15.20.7452.22) by mx.example.net with SMTP; date", NONE, false },
	{ "from m.example (1.2.3.4.5) by mx.example.net with SMTP; date", NONE, false },
	{ "from m.example (v192.0.2.66) by mx.example.net with SMTP; date", NONE, false },
	{ "from m.example (192.0.2.66-x) by mx.example.net with SMTP; date", NONE, false },
	{ "from m.example (192.0.2) by mx.example.net with SMTP; date", NONE, false },
	{ "from m.example (192.0.2.256) by mx.example.net with SMTP; date", NONE, false },
	{ "from m.example (192.0.02.66) by mx.example.net with SMTP; date", NONE, false },
	{ "from m.example (0xc0.0.2.66) by mx.example.net with SMTP; date", NONE, false },
	{ "from m.example (3221225538) by mx.example.net with SMTP; date", NONE, false },
	{ "from m.example (10:00:00) by mx.example.net with SMTP; date", NONE, false },
	{ "from m.example (x [192.0.2.66]y) by mx.example.net with SMTP; date", NONE, false },
	{ "from m.example (x [192.0.2.66]:y) by mx.example.net with SMTP; date", NONE, false },
	{ "from m.example (x [192.0.2.66) by mx.example.net with SMTP; date", NONE, false },
	{ "from m.example (x 192.0.2.66]) by mx.example.net with SMTP; date", NONE, false },
	{ "from m.example (x ip=[192.0.2.66]) by mx.example.net with SMTP; date", NONE, false },
	{ "from m.example (some words before [192.0.2.66]) by mx.example.net with SMTP; date", NONE, false },
	{ "from m.example (some words 192.0.2.66) by mx.example.net with SMTP; date", NONE, false },
	{ "from m.example ((192.0.2.66)) by mx.example.net with SMTP; date", NONE, false },
	{ "from m.example (x (y [192.0.2.66])) by mx.example.net with SMTP; date", NONE, false },
	{ "from [265.6.8.1] by mx.example.net with SMTP; date", NONE, false },
	{ "from m.example (x [IPv6:]) by mx.example.net with SMTP; date", NONE, false },
	{ "from m.example (x []) by mx.example.net with SMTP; date", NONE, false },
	{ "from m.example (joe@) by mx.example.net with SMTP; date", NONE, false },
	{ "from m.example (account joe at [192.0.2.66]) by mx.example.net with SMTP; date", NONE, false },
	{ "from [192.0.2.66]x by mx.example.net with SMTP; date", NONE, false },
	{ "from m.example [192.0.2.66]x by mx.example.net with SMTP; date", NONE, false },
	{ "from [] by mx.example.net with SMTP; date", NONE, false },
	{ "from [ by mx.example.net with SMTP; date", NONE, false },
	/* no header at all */
	{ "", NONE, false },
	{ " ", NONE, false },
	{ "\n", NONE, false },
	{ "from", NONE, false },
	{ "from ", NONE, false },
	{ "by", NONE, false },
	{ "from by", NONE, false },
	{ ";", NONE, false },
	{ "()", NONE, false },
	{ "(from", NONE, false },
	{ "(from [203.0.113.5])", NONE, false },
	{ "from [203.0.113.5]", NONE, false },
	{ "192.0.2.66", NONE, false },
	{ "[192.0.2.66]", NONE, false },
	{ "x from m.example (m.example [203.0.113.5]) by mx.example.net with SMTP; date", NONE, false },
	{ "fromage (m.example [203.0.113.5]) by mx.example.net with SMTP; date", NONE, false },
};

/* Folding, broken ends, odd bytes. */
static const struct row broken[] = {
	/* folded anyhow, or not at all */
	{ "from m.example (m.example [203.0.113.5]) by mx.example.net with ESMTPSA id 1", SEEN, true },
	{ "from\r\n m.example\r\n (m.example\r\n [203.0.113.5])\r\n by\r\n mx.example.net\r\n with\r\n ESMTPSA\r\n id"
	  " 1; d", SEEN, true },
	{ "\tfrom\tm.example\t(m.example\t[203.0.113.5])\tby\tmx.example.net\twith\tESMTPSA;", SEEN, true },
	{ "  from m.example ( m.example\n\t\n\t[203.0.113.5] ) by mx.example.net", SEEN, false },
	/* a bare carriage return parts words as a blank does */
	{ "from m.example\r(m.example\r[203.0.113.5])\rby mx.example.net", SEEN, false },
	/* IPv6 in all dresses */
	{ "from x ([2001:DB8:0:0::5]) by y", SEEN6, false },
	{ "from x ([2001:0db8:0000:0000:0000:0000:0000:0005]) by y", SEEN6, false },
	{ "from x ([ipv6:2001:db8::5]) by y", SEEN6, false },
	{ "from x (IPv6:2001:db8::5) by y", SEEN6, false },
	{ "from x ([::FFFF:cb00:7105]) by y", SEEN, false },
	{ "from x ([IPv6:0:0:0:0:0:ffff:203.0.113.5]) by y", SEEN, false },
	{ "from x ([2001:db8:0:0:0:0:0:5:25]) by y", SEEN6, false },
	{ "from x ([fe80::5%eth0]:25) by y", "fe80::5", false },
	/* commas and doubled brackets */
	{ "from x ([203.0.113.5], HELO [192.0.2.66]) by y", SEEN, false },
	{ "from x ([203.0.113.5]:25, HELO [192.0.2.66]) by y", SEEN, false },
	{ "from x ([[203.0.113.5]]) by y", SEEN, false },
	{ "from x (203.0.113.5 and then with [192.0.2.66]) by y", SEEN, false },
	{ "from [203.0.113.5] (HELO x) (HELO [192.0.2.66]) by y", SEEN, false },
	{ "from [203.0.113.5] (helo=x (y) [192.0.2.66]) by y", SEEN, false },
	{ "from [203.0.113.5] (account (y) HELO [192.0.2.66]) by y", SEEN, true },
	{ "from [203.0.113.5] (HELO x) (j@203.0.113.5 with plain) by y", SEEN, false },
	{ "from x ([203.0.113.5-25]) by y", NONE, false },
	/* ends of ranges */
	{ "from x ([0.0.0.0]) by y", "0.0.0.0", false },
	{ "from x ([255.255.255.255]) by y", "255.255.255.255", false },
	{ "from x ([ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255]:65535) by y",
	  "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", false },
	/* comments that never end: nobody knows whose the rest is */
	{ "from x (m.example [203.0.113.5] by mx.example.net with ESMTPSA id 1; date", NONE, false },
	{ "from x ((m.example [203.0.113.5]) by mx.example.net with ESMTPSA id 1; date", NONE, false },
	{ "from x (y [192.0.2.66] (m.example [203.0.113.5]) by mx.example.net with SMTP; date", NONE, false },
	{ "from x (m.example [203.0.113.5]\\) by mx.example.net with SMTP; date", NONE, false },
	{ "from x (m.example [203.0.113.5]) by mx.example.net (8.17 with ESMTPSA id 1; date", NONE, false },
	{ "from x (m.example [203.0.113.5]) by mx.example.net with ESMTPSA id 1; date (UTC", NONE, false },
	/* too many parentheses */
	{ "from x (m.example [203.0.113.5])) by mx.example.net with SMTP; date", SEEN, false },
	{ "from x) (m.example [203.0.113.5]) by mx.example.net with SMTP; date", SEEN, false },
	{ ")))from x (m.example [203.0.113.5]) by mx.example.net with SMTP; date", SEEN, false },
	/* escaped ones */
	{ "from x (\\) \\( m.example [203.0.113.5]) by mx.example.net", NONE, false },
	{ "from x (m\\)x [203.0.113.5]) by mx.example.net", SEEN, false },
	{ "from x (m.example [203.0.113.5]) (\\)) by mx.example.net", SEEN, false },
	{ "from x (m.example [203.0.113.5]) (\\", NONE, false },
	/* comments in comments */
	{ "from x (m.example (one (two) three) [203.0.113.5] (four)) by mx.example.net", SEEN, false },
	{ "(one) from (two) (m.example [203.0.113.5]) (three) by (four) mx.example.net (five) with (six) ESMTPA; d",
	  SEEN, true },
	/* quotes */
	{ "from \"x (m.example [203.0.113.5]) by mx.example.net with SMTP; date", SEEN, false },
	{ "from \"x\" (m.example [203.0.113.5]) by mx.example.net with SMTP; date", SEEN, false },
	{ "from x\" (m.example [203.0.113.5]) by mx.example.net with SMTP; \" date", SEEN, false },
	{ "from \"x\\\" by y\" (m.example [203.0.113.5]) by mx.example.net with SMTP; date", SEEN, false },
	{ "from \"", NONE, false },
	{ "from \"\\", NONE, false },
	/* 8-bit and control bytes */
	{ "from m\xfcller.example (m\xc3\xbcller.example [203.0.113.5]) by mx.example.net with SMTP; date",
	  SEEN, false },
	{ "from \xff\xfe (\x80 [203.0.113.5]) by \xff with SMTP; date", SEEN, false },
	{ "from x (m.example\x01[203.0.113.5]\x7f)\x1b" "by mx.example.net", SEEN, false },
	/* semicolons */
	{ "from x; (m.example [203.0.113.5]); by mx.example.net with ESMTPSA; date", SEEN, true },
	{ "from x (a; b) (m.example [203.0.113.5]; c) by mx.example.net", SEEN, false },
	/* protocols in any case, and those that only look like one */
	{ "from x ([203.0.113.5]) by y with eSmTpA", SEEN, true },
	{ "from x ([203.0.113.5]) by y with ESMTPSA", SEEN, true },
	{ "from x ([203.0.113.5]) by y with LMTPA", SEEN, true },
	{ "from x ([203.0.113.5]) by y with LMTPSA", SEEN, true },
	{ "from x ([203.0.113.5]) by y with UTF8SMTPA", SEEN, true },
	{ "from x ([203.0.113.5]) by y with UTF8SMTPSA", SEEN, true },
	{ "from x ([203.0.113.5]) by y with UTF8LMTPA", SEEN, true },
	{ "from x ([203.0.113.5]) by y with utf8esmtpsa (Exim 4.96)", SEEN, true },
	{ "from x ([203.0.113.5]) by y with ESMTP", SEEN, false },
	{ "from x ([203.0.113.5]) by y with ESMTPS", SEEN, false },
	{ "from x ([203.0.113.5]) by y with LMTP", SEEN, false },
	{ "from x ([203.0.113.5]) by y with LMTPS", SEEN, false },
	{ "from x ([203.0.113.5]) by y with UTF8SMTPS", SEEN, false },
	{ "from x ([203.0.113.5]) by y with UTF8LMTPS", SEEN, false },
	{ "from x ([203.0.113.5]) by y with ESMTPSAX", SEEN, false },
	{ "from x ([203.0.113.5]) by y with XESMTPSA", SEEN, false },
	{ "from x ([203.0.113.5]) by y with A", SEEN, false },
	{ "from x ([203.0.113.5]) by y with MMS", SEEN, false },
	{ "from x ([203.0.113.5]) by y withESMTPSA", SEEN, false },
	{ "from x ([203.0.113.5]) by y ESMTPSA", SEEN, false },
};

/* Reads a copy of exactly its size, so that a sanitizer sees a step too far. */
static struct hop parse(const char *value)
{
	struct hop hop;
	char *copy = strdup(value);

	ck_assert_ptr_nonnull(copy);
	memset(&hop, 0xa5, sizeof hop);
	received_parse(copy, &hop);
	free(copy);
	return hop;
}

static void expect(const struct row *row)
{
	struct hop hop = parse(row->value);
	char buf[IPADDR_TEXT_BYTES];

	ck_assert_msg(strcmp(ipaddr_format(&hop.addr, buf), row->addr) == 0, "%s: address %s, not %s", row->value, buf,
		      row->addr);
	ck_assert_msg(hop.authenticated == row->authenticated, "%s: login %d", row->value, hop.authenticated);
}

START_TEST(reads_name_and_literal)
{
	expect(&name_and_literal[_i]);
}
END_TEST

START_TEST(reads_bare)
{
	expect(&bare[_i]);
}
END_TEST

START_TEST(reads_literal_first)
{
	expect(&literal_first[_i]);
}
END_TEST

START_TEST(reads_others)
{
	expect(&others[_i]);
}
END_TEST

START_TEST(is_not_deceived)
{
	expect(&forged[_i]);
}
END_TEST

START_TEST(takes_nothing_else)
{
	expect(&not_taken[_i]);
}
END_TEST

START_TEST(survives_broken)
{
	expect(&broken[_i]);
}
END_TEST

/* HELO of `n` bytes before the TCP-info: what does not end within RECEIVED_MAX_BYTES is not read. */
static struct hop parse_long(size_t n)
{
	static const char head[] = "from ", tail[] = " ([203.0.113.5]) by mx";
	size_t size = sizeof head - 1 + n + sizeof tail;
	char *value = malloc(size);
	struct hop hop;

	ck_assert_ptr_nonnull(value);
	memcpy(value, head, sizeof head - 1);
	memset(value + sizeof head - 1, 'x', n);
	memcpy(value + size - sizeof tail, tail, sizeof tail);
	received_parse(value, &hop);
	free(value);
	return hop;
}

START_TEST(stops_at_the_limit)
{
	size_t frame = strlen("from ") + strlen(" ([203.0.113.5]) by");

	ck_assert(parse_long(RECEIVED_MAX_BYTES - frame).addr.len != 0);
	ck_assert(parse_long(RECEIVED_MAX_BYTES - frame + 1).addr.len == 0);
	ck_assert(parse_long(1000000).addr.len == 0);
}
END_TEST

/* Each beginning of each form: nothing is read behind the end, and nothing but the whole form's address comes out. */
static void cut_everywhere(const struct row *rows, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		size_t len = strlen(rows[i].value);
		struct hop hop;

		for (size_t cut = 0; cut < len; cut++) {
			char *head = strndup(rows[i].value, cut);

			received_parse(head, &hop);
			free(head);
			if (ipaddr_is_set(&hop.addr)) {
				char buf[IPADDR_TEXT_BYTES];

				ck_assert_str_eq(ipaddr_format(&hop.addr, buf), rows[i].addr);
			}
		}
	}
}

START_TEST(survives_cuts)
{
	cut_everywhere(name_and_literal, ROWS(name_and_literal));
	cut_everywhere(bare, ROWS(bare));
	cut_everywhere(literal_first, ROWS(literal_first));
	cut_everywhere(others, ROWS(others));
}
END_TEST

Suite *received_suite(void)
{
	Suite *suite = suite_create("received");
	TCase *forms = tcase_create("forms"), *hostile = tcase_create("hostile");

	tcase_add_loop_test(forms, reads_name_and_literal, 0, ROWS(name_and_literal));
	tcase_add_loop_test(forms, reads_bare, 0, ROWS(bare));
	tcase_add_loop_test(forms, reads_literal_first, 0, ROWS(literal_first));
	tcase_add_loop_test(forms, reads_others, 0, ROWS(others));
	suite_add_tcase(suite, forms);
	tcase_add_loop_test(hostile, is_not_deceived, 0, ROWS(forged));
	tcase_add_loop_test(hostile, takes_nothing_else, 0, ROWS(not_taken));
	tcase_add_loop_test(hostile, survives_broken, 0, ROWS(broken));
	tcase_add_test(hostile, stops_at_the_limit);
	tcase_add_test(hostile, survives_cuts);
	suite_add_tcase(suite, hostile);
	return suite;
}
