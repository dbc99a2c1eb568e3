/* callbacks: the xxfi_* functions.
 * libmilter gives them no pointer of ours before a session exists, so the service is this file's one variable. */
#include "milter/callbacks.h"

#include <stdlib.h>

#include "common/log.h"
#include "milter/reply.h"
#include "milter/stage.h"

/* Shared by all callbacks, set once before smfi_main(). */
static struct service *service;
static bool over_tcp;

/* What libmilter keeps for us between the callbacks of one connection. */
struct peer {
	struct session *session;
	unsigned long steps;         /* SMFIP_* agreed on */
};

static struct peer *peer_new(SMFICTX *ctx)
{
	struct peer *peer = calloc(1, sizeof *peer);

	if (peer == NULL)
		return NULL;
	peer->session = session_new(service);
	if (peer->session == NULL || smfi_setpriv(ctx, peer) != MI_SUCCESS) {
		session_free(&peer->session);
		free(peer);
		return NULL;
	}
	return peer;
}

/* NULL where the session's memory could not be had: its mail flows. */
static struct peer *peer_of(SMFICTX *ctx)
{
	return smfi_getpriv(ctx);
}

/* What a callback returns whose reply the MTA does not wait for. */
static sfsistat no_reply(const struct peer *peer, unsigned long step)
{
	return peer->steps & step ? SMFIS_NOREPLY : SMFIS_CONTINUE;
}

/* --- negotiation -------------------------------------------------------------------------------------------------- */

/* The fewest packets that these rules can do with. */
static unsigned long wanted_steps(const struct ruleset *rules)
{
	unsigned long steps = SMFIP_NOBODY | SMFIP_NOEOH | SMFIP_NOUNKNOWN | SMFIP_NR_HELO;

	if (stage_needs_headers(rules))
		steps |= SMFIP_NR_HDR;
	else
		steps |= SMFIP_NOHDRS;
	/* Postfix keeps what needs no reply until something does, which is MAIL: too late for a question sent ahead. */
	if (!rules->dns.prefetch && !stage_has_door(rules))
		steps |= SMFIP_NR_CONN;
	/* Over TCP the answer to DATA keeps Nagle's algorithm and delayed acknowledgements from adding 40 ms. */
	if (!over_tcp)
		steps |= SMFIP_NODATA;
	return steps;
}

/* What we may have to do to a message. Headers under all rules: a refusal that cannot be given becomes one. */
static unsigned long wanted_actions(const struct ruleset *rules)
{
	unsigned long actions = SMFIF_ADDHDRS | SMFIF_CHGHDRS;

	if (ruleset_may(rules, ACTION_QUARANTINE))
		actions |= SMFIF_QUARANTINE;
	if (ruleset_may(rules, ACTION_REROUTE))
		actions |= SMFIF_ADDRCPT | SMFIF_DELRCPT;
	return actions;
}

static void ask_for_macros(SMFICTX *ctx)
{
	static const struct {
		int stage;
		const char *macros;
	} wanted[] = {
		{ SMFIM_CONNECT, "{client_resolve}" },
		{ SMFIM_ENVFROM, "i {auth_authen}" },
		{ SMFIM_ENVRCPT, "i" },
		{ SMFIM_EOM, "i" },
	};

	for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++) {
		char macros[32];
		struct text text = text_over(macros, sizeof macros);

		text_add_str(&text, wanted[i].macros);
		smfi_setsymlist(ctx, wanted[i].stage, macros);
	}
}

static sfsistat on_negotiate(SMFICTX *ctx, unsigned long actions, unsigned long steps, unsigned long f2,
			     unsigned long f3, unsigned long *out_actions, unsigned long *out_steps, unsigned long *out2,
			     unsigned long *out3)
{
	struct peer *peer = peer_new(ctx);

	(void)f2;
	(void)f3;
	*out2 = *out3 = 0;
	if (peer == NULL)
		return SMFIS_ALL_OPTS;       /* and the session will be accepted at connect */
	*out_actions = wanted_actions(peer->session->rules) & actions;
	*out_steps = wanted_steps(peer->session->rules) & steps;
	if (actions & SMFIF_SETSYMLIST) {
		*out_actions |= SMFIF_SETSYMLIST;
		ask_for_macros(ctx);
	}
	peer->steps = *out_steps;
	return SMFIS_CONTINUE;
}

/* --- the stages --------------------------------------------------------------------------------------------------- */

static char *macro(SMFICTX *ctx, const char *name)
{
	char copy[32];
	struct text text = text_over(copy, sizeof copy);

	text_add_str(&text, name);
	return smfi_getsymval(ctx, copy);
}

static sfsistat on_connect(SMFICTX *ctx, char *hostname, _SOCK_ADDR *addr)
{
	struct peer *peer = peer_of(ctx);
	struct outcome outcome;

	/* An MTA that keeps its connection to us begins the next session here, without a negotiation. */
	if (peer == NULL)
		peer = peer_new(ctx);
	if (peer == NULL)
		return SMFIS_ACCEPT;
	stage_connect(peer->session, hostname, addr, macro(ctx, "{client_resolve}"));
	stage_door(peer->session, &outcome);
	return outcome.kind != OUTCOME_GO_ON ? reply_outcome(ctx, &outcome) : no_reply(peer, SMFIP_NR_CONN);
}

static sfsistat on_helo(SMFICTX *ctx, char *helo)
{
	struct peer *peer = peer_of(ctx);

	if (peer == NULL)
		return SMFIS_ACCEPT;
	stage_helo(peer->session, helo);
	return no_reply(peer, SMFIP_NR_HELO);
}

static sfsistat on_mail(SMFICTX *ctx, char **argv)
{
	struct peer *peer = peer_of(ctx);
	struct outcome outcome;

	if (peer == NULL)
		return SMFIS_ACCEPT;
	stage_done(peer->session);           /* of a message before this one */
	stage_mail(peer->session, argv[0], macro(ctx, "{auth_authen}"), macro(ctx, "i"), &outcome);
	return reply_outcome(ctx, &outcome);
}

static sfsistat on_rcpt(SMFICTX *ctx, char **argv)
{
	struct peer *peer = peer_of(ctx);
	struct outcome outcome;

	if (peer == NULL)
		return SMFIS_ACCEPT;
	stage_rcpt(peer->session, argv[0], macro(ctx, "i"), &outcome);
	return reply_outcome(ctx, &outcome);
}

static sfsistat on_data(SMFICTX *ctx)
{
	(void)ctx;
	return SMFIS_CONTINUE;
}

static sfsistat on_header(SMFICTX *ctx, char *name, char *value)
{
	struct peer *peer = peer_of(ctx);

	if (peer == NULL)
		return SMFIS_ACCEPT;
	stage_header(peer->session, name, value);
	return no_reply(peer, SMFIP_NR_HDR);
}

static sfsistat on_eom(SMFICTX *ctx)
{
	struct peer *peer = peer_of(ctx);
	struct outcome outcome;
	struct edits edits;
	sfsistat status;

	if (peer == NULL)
		return SMFIS_ACCEPT;
	stage_eom(peer->session, macro(ctx, "i"), &outcome, &edits);
	if (!reply_edits(ctx, &edits, peer->session->facts.queue_id))
		stage_failed(peer->session, &outcome);
	status = reply_outcome(ctx, &outcome);
	stage_done(peer->session);
	return status;
}

static sfsistat on_abort(SMFICTX *ctx)
{
	struct peer *peer = peer_of(ctx);

	if (peer != NULL)
		stage_done(peer->session);
	return SMFIS_CONTINUE;
}

/* May come without anything before it, and with libmilter's own lock held: it only gives back. */
static sfsistat on_close(SMFICTX *ctx)
{
	struct peer *peer = peer_of(ctx);

	if (peer == NULL)
		return SMFIS_CONTINUE;
	smfi_setpriv(ctx, NULL);
	stage_done(peer->session);
	session_free(&peer->session);
	free(peer);
	return SMFIS_CONTINUE;
}

bool callbacks_register(struct service *the_service, bool is_over_tcp, struct errmsg *err)
{
	static char name[] = "rbl-milter";
	struct smfiDesc desc = {
		.xxfi_name = name,
		.xxfi_version = SMFI_VERSION,
		.xxfi_flags = SMFIF_ADDHDRS | SMFIF_CHGHDRS | SMFIF_QUARANTINE | SMFIF_ADDRCPT | SMFIF_DELRCPT | SMFIF_SETSYMLIST,
		.xxfi_connect = on_connect,
		.xxfi_helo = on_helo,
		.xxfi_envfrom = on_mail,
		.xxfi_envrcpt = on_rcpt,
		.xxfi_data = on_data,
		.xxfi_header = on_header,
		.xxfi_eom = on_eom,
		.xxfi_abort = on_abort,
		.xxfi_close = on_close,
		.xxfi_negotiate = on_negotiate,
	};

	service = the_service;
	over_tcp = is_over_tcp;
	if (smfi_register(desc) != MI_SUCCESS) {
		errmsg_set(err, "libmilter does not take our registration (another version?)");
		return false;
	}
	return true;
}
