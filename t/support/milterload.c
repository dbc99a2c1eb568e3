/* The load generator. A session is a row of stages; whatever needs no reply is put into its buffer and goes out with
 * the next packet that needs one, as Postfix does it. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "t/support/milterload.h"

#include "t/support/loadmail.h"
#include "t/support/milterproto.h"

#include <errno.h>
#include <ev.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define COMPLAINTS_MAX 5u
#define READ_BYTES 65536u
#define MACROS_MAX 8

/* What went wrong with the milter, as against what it decided. */
enum fault { FAULT_PROTOCOL, FAULT_CLOSED, FAULT_TIMEOUT, FAULTS };

struct slot {
	struct load *load;
	ev_io io; /* fd is -1 while there is no session */
	ev_timer pause;
	enum load_stage stage;
	bool idle, resting, waiting, paused; /* resting: an idle session between HELO and its end */
	bool in_message;
	unsigned messages; /* begun in this session */
	struct loadmail mail;
	uint64_t message_us, sent_us; /* when the message began, when the command went out */
	uint64_t heard_us;	      /* sent_us, or the last progress: what the time limit counts from */
	enum loadverdict verdict;
	struct milter_buffer in, out;
};

struct load {
	const struct milterload_options *options;
	struct ev_loop *loop;
	ev_timer watch;
	struct slot *slots, *idles;
	uint64_t sessions, begun, done, wrong;
	uint64_t fault[FAULTS], verdict[LOAD_UNKNOWN], refused_at[LOAD_STAGES], accepted;
	uint64_t edits;
	unsigned idle_ready, idle_left, idle_alive, complaints;
	bool working; /* the busy sessions have begun */
	uint64_t start_us, end_us;
	uint32_t *rcpt_us, *eom_us, *whole_us;
	size_t rcpts, eoms, wholes;
	struct loadcontent content;
};

static void advance(struct slot *slot);
static void next_session(struct slot *slot);

static uint64_t now_us(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000u + (uint64_t)now.tv_nsec / 1000u;
}

static void complain(struct slot *slot, const char *what)
{
	char address[INET6_ADDRSTRLEN];
	if (slot->load->complaints++ >= COMPLAINTS_MAX)
		return;
	fprintf(stderr, "miltertalk: session %llu (%s), message %llu: %s\n", (unsigned long long)slot->mail.session,
		loadcheck_text(&slot->mail.client, address), (unsigned long long)slot->mail.message, what);
}

/* The end of things */

static void check_all_done(struct load *load)
{
	if (load->done >= load->options->messages && load->idle_left == 0)
		ev_break(load->loop, EVBREAK_ALL);
}

static void hang_up(struct slot *slot)
{
	ev_io_stop(slot->load->loop, &slot->io);
	ev_timer_stop(slot->load->loop, &slot->pause);
	if (slot->io.fd >= 0)
		close(slot->io.fd);
	ev_io_set(&slot->io, -1, EV_READ);
	slot->in.len = slot->out.len = 0;
	slot->waiting = slot->paused = slot->resting = false;
}

static void quit(struct slot *slot)
{
	slot->out.len = 0;
	milterproto_strings(&slot->out, MILTER_QUIT, NULL, NULL);
	send(slot->io.fd, slot->out.data, slot->out.len, MSG_NOSIGNAL | MSG_DONTWAIT);
	hang_up(slot);
}

static void idle_ready(struct load *load);
static void wake_idles(struct load *load);

static void idle_over(struct slot *slot, bool alive)
{
	struct load *load = slot->load;
	if (alive) {
		load->idle_alive++;
		quit(slot);
	} else {
		hang_up(slot);
	}
	load->idle_left--;
	if (!load->working) /* it failed before it could rest */
		idle_ready(load);
	check_all_done(load);
}

/* A message is over, by whatever end. */
static void count_message(struct slot *slot)
{
	struct load *load = slot->load;
	enum loadverdict expected = loadcheck_expected(&load->options->table, &slot->mail.client);
	load->verdict[slot->verdict]++;
	if (!loadcheck_right(&load->options->table, expected, slot->verdict)) {
		char what[80];
		load->wrong++;
		snprintf(what, sizeof(what), "%s, expected %s", loadcheck_word(slot->verdict),
			 loadcheck_word(expected));
		complain(slot, what);
	}
	if (slot->message_us > 0)
		load->whole_us[load->wholes++] = (uint32_t)(now_us() - slot->message_us);
}

static void message_over(struct slot *slot)
{
	struct load *load = slot->load;
	load->end_us = now_us();
	if (++load->done >= load->options->messages)
		wake_idles(load);
	check_all_done(load);
}

static void fail(struct slot *slot, enum fault fault, const char *what)
{
	struct load *load = slot->load;
	bool lost = slot->in_message || load->begun < load->options->messages; /* a message, even if it had not begun */
	load->fault[fault]++;
	complain(slot, what);
	if (slot->idle) {
		idle_over(slot, false);
		return;
	}
	hang_up(slot);
	if (lost) {
		load->begun += !slot->in_message;
		message_over(slot);
	}
	slot->in_message = false;
	slot->stage = LOAD_STAGES; /* the next session begins from the loop, so that failures in a row do not nest */
	ev_timer_set(&slot->pause, 0., 0.);
	ev_timer_start(load->loop, &slot->pause);
}

/* Sending */

static bool flush(struct slot *slot)
{
	size_t done = 0;
	while (done < slot->out.len) {
		ssize_t sent =
			send(slot->io.fd, slot->out.data + done, slot->out.len - done, MSG_NOSIGNAL | MSG_DONTWAIT);
		if (sent <= 0)
			break;
		done += (size_t)sent;
	}
	if (done > 0)
		memmove(slot->out.data, slot->out.data + done, slot->out.len - done);
	slot->out.len -= done;
	if (slot->out.len > 0 && errno != EAGAIN && errno != EINTR)
		return false;
	int events = slot->out.len > 0 ? EV_READ | EV_WRITE : EV_READ;
	if (slot->io.events != events || !ev_is_active(&slot->io)) {
		ev_io_stop(slot->load->loop, &slot->io);
		ev_io_set(&slot->io, slot->io.fd, events);
		ev_io_start(slot->load->loop, &slot->io);
	}
	return true;
}

/* Pauses */

static void on_pause(struct ev_loop *loop, ev_timer *timer, int events)
{
	struct slot *slot = timer->data;
	(void)loop;
	(void)events;
	if (slot->stage == LOAD_STAGES)
		next_session(slot);
	else
		advance(slot);
}

/* True: the slot waits for its time and will come back. */
static bool pauses(struct slot *slot)
{
	const struct milterload_options *options = slot->load->options;
	bool spoken = slot->stage == HELO || slot->stage == MAIL || slot->stage == RCPT || slot->stage == DATA ||
		      slot->stage == EOM;
	double wait = spoken ? options->stage_delay_s : 0;
	if (slot->paused || slot->idle) {
		slot->paused = false;
		return false;
	}
	if (slot->stage == MAIL && options->rate > 0) {
		double due = (double)slot->mail.message / options->rate,
		       now = (double)(now_us() - slot->load->start_us) / 1e6;
		wait = due - now > wait ? due - now : wait;
	}
	if (wait <= 0)
		return false;
	slot->paused = true;
	ev_timer_stop(slot->load->loop, &slot->pause);
	ev_now_update(slot->load->loop);
	ev_timer_set(&slot->pause, wait, 0.);
	ev_timer_start(slot->load->loop, &slot->pause);
	return true;
}

/* The way through the stages */

static bool begin_message(struct slot *slot)
{
	struct load *load = slot->load;
	slot->in_message = true;
	if (slot->idle)
		return true;
	if (load->begun >= load->options->messages || slot->messages >= load->options->per_session)
		return false;
	slot->mail.message = load->begun++;
	slot->messages++;
	slot->mail.header = 0;
	slot->verdict = LOAD_CONTINUE;
	slot->message_us = 0;
	return true;
}

/* The stage that follows: headers come several times, a body only when there is one. */
static enum load_stage stage_after(const struct slot *slot)
{
	const struct milterload_options *options = slot->load->options;
	if (slot->stage == HEADER && slot->mail.header < options->received + options->headers)
		return HEADER;
	if (slot->stage == DATA && options->received + options->headers == 0)
		return EOH;
	if (slot->stage == EOH && options->body_bytes == 0)
		return EOM;
	return slot->stage + 1;
}

/* A message has its verdict: on to the next one, in this session or in a new one. */
static void end_message(struct slot *slot, bool session_over)
{
	struct load *load = slot->load;
	slot->in_message = false;
	count_message(slot);
	message_over(slot);
	if (session_over || slot->messages >= load->options->per_session || load->begun >= load->options->messages) {
		quit(slot);
		next_session(slot);
		return;
	}
	milterproto_strings(&slot->out, MILTER_ABORT, NULL, NULL); /* Postfix says it between messages */
	slot->stage = MAIL;
	advance(slot);
}

static bool rests(struct slot *slot)
{
	if (!slot->idle || slot->stage != MAIL || slot->resting || slot->load->done >= slot->load->options->messages)
		return false;
	slot->resting = true;
	flush(slot);
	idle_ready(slot->load);
	return true;
}

/* Sends from this stage on, until a reply is needed. */
static void advance(struct slot *slot)
{
	for (;; slot->stage = stage_after(slot)) {
		if (slot->idle && slot->stage == DATA) {
			idle_over(slot, true);
			return;
		}
		if (rests(slot))
			return;
		if (slot->stage == MAIL && !slot->in_message &&
		    !begin_message(slot)) { /* the others have taken the last one */
			quit(slot);
			next_session(slot);
			return;
		}
		if (pauses(slot))
			return;
		if (slot->stage == MAIL && slot->message_us == 0)
			slot->message_us = now_us();
		if (slot->stage == HEADER)
			slot->mail.header += !milterproto_wanted(&slot->mail.terms, MILTER_HEADER);
		if (slot->stage != NEGOTIATE && !milterproto_wanted(&slot->mail.terms, loadmail_command(slot->stage)))
			continue;
		loadmail_put(&slot->out, slot->stage, &slot->mail, &slot->load->content);
		slot->mail.header += slot->stage == HEADER;
		if (slot->stage == NEGOTIATE || milterproto_answered(&slot->mail.terms, loadmail_command(slot->stage)))
			break;
	}
	slot->waiting = true;
	slot->sent_us = slot->heard_us = now_us();
	if (!flush(slot))
		fail(slot, FAULT_CLOSED, "the milter closed the connection");
}

/* Replies */

static void time_reply(struct slot *slot)
{
	struct load *load = slot->load;
	uint32_t took = (uint32_t)(now_us() - slot->sent_us);
	if (slot->idle)
		return;
	if (slot->stage == RCPT)
		load->rcpt_us[load->rcpts++] = took;
	else if (slot->stage == EOM)
		load->eom_us[load->eoms++] = took;
}

static void take_edit(struct slot *slot, const struct milter_packet *packet)
{
	slot->load->edits++;
	if (packet->command == REPLY_QUARANTINE)
		slot->verdict = LOAD_QUARANTINE;
	else if ((packet->command == REPLY_ADD_HEADER || packet->command == REPLY_INSERT_HEADER) &&
		 slot->verdict == LOAD_CONTINUE)
		slot->verdict = LOAD_FLAG;
}

/* A session that is refused before MAIL takes one message with it. */
static void refused(struct slot *slot, enum loadverdict verdict, bool close_session)
{
	bool early = slot->stage < MAIL;
	if (slot->idle) {
		idle_over(slot, true); /* it did answer */
		return;
	}
	slot->load->refused_at[slot->stage]++;
	if (early && !begin_message(slot)) {
		quit(slot);
		next_session(slot);
		return;
	}
	slot->verdict = verdict;
	end_message(slot, early || close_session);
}

static void take_final(struct slot *slot, const struct milter_packet *packet)
{
	bool is_421 = packet->command == REPLY_CODE && packet->len >= 3 && memcmp(packet->data, "421", 3) == 0;
	time_reply(slot);
	switch (packet->command) {
	case REPLY_CONTINUE:
	case REPLY_SKIP:
		break;
	case REPLY_ACCEPT:
		slot->load->accepted++;
		if (slot->idle) {
			idle_over(slot, true);
		} else if (slot->stage < MAIL) { /* the milter wants nothing of this session: its messages all pass */
			bool more = begin_message(slot);
			if (more)
				end_message(slot, true);
			else
				next_session(slot);
		} else {
			end_message(slot, false);
		}
		return;
	case REPLY_DISCARD:
		refused(slot, LOAD_DISCARD, false);
		return;
	case REPLY_TEMPFAIL:
	case REPLY_SHUTDOWN:
	case REPLY_CONN_FAIL:
		refused(slot, LOAD_TEMPFAIL, packet->command != REPLY_TEMPFAIL);
		return;
	case REPLY_CODE:
		refused(slot, packet->len > 0 && packet->data[0] == '4' ? LOAD_TEMPFAIL : LOAD_REJECT, is_421);
		return;
	default:
		refused(slot, LOAD_REJECT, false);
		return;
	}
	if (slot->stage == EOM) {
		end_message(slot, false);
		return;
	}
	slot->stage = stage_after(slot);
	advance(slot);
}

static void take_packet(struct slot *slot, const struct milter_packet *packet)
{
	if (!slot->waiting) {
		fail(slot, FAULT_PROTOCOL, "a reply that nobody asked for");
		return;
	}
	if (slot->stage == NEGOTIATE) {
		const char *wrong = milterproto_agree(packet, MILTER_ACTIONS, MILTER_STEPS, &slot->mail.terms);
		slot->waiting = false;
		if (wrong != NULL) {
			fail(slot, FAULT_PROTOCOL, wrong);
			return;
		}
		slot->stage = CONNECT;
		advance(slot);
		return;
	}
	if (packet->command == REPLY_PROGRESS) {
		slot->heard_us = now_us();
	} else if (milterproto_edit(packet->command) && slot->stage == EOM) {
		take_edit(slot, packet);
	} else if (milterproto_final(packet->command)) {
		slot->waiting = false;
		take_final(slot, packet);
	} else {
		fail(slot, FAULT_PROTOCOL, "a reply that no milter may send here");
	}
}

static void on_socket(struct ev_loop *loop, ev_io *io, int events)
{
	struct slot *slot = io->data;
	static uint8_t chunk[READ_BYTES];
	(void)loop;
	if ((events & EV_WRITE) != 0 && !flush(slot)) {
		fail(slot, FAULT_CLOSED, "the milter closed the connection");
		return;
	}
	if ((events & EV_READ) == 0)
		return;
	ssize_t got = recv(io->fd, chunk, sizeof(chunk), MSG_DONTWAIT);
	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (got <= 0) {
		fail(slot, FAULT_CLOSED, "the milter closed the connection");
		return;
	}
	milterproto_put(&slot->in, chunk, (size_t)got);
	uint64_t session = slot->mail.session;
	for (size_t at = 0; slot->io.fd >= 0 && slot->mail.session == session;) {
		struct milter_packet packet;
		ssize_t size = milterproto_next(slot->in.data + at, slot->in.len - at, &packet);
		if (size < 0) {
			fail(slot, FAULT_PROTOCOL, "what came is no packet");
			return;
		}
		if (size == 0) {
			memmove(slot->in.data, slot->in.data + at, slot->in.len - at);
			slot->in.len -= at;
			return;
		}
		at += (size_t)size;
		take_packet(slot, &packet);
	}
}

/* Sessions */

static bool dial(struct slot *slot)
{
	char error[200];
	struct load *load = slot->load;
	slot->mail.session = load->sessions++;
	slot->mail.client = loadcheck_pick(&load->options->clients, slot->mail.session);
	slot->messages = 0;
	slot->in_message = false;
	slot->stage = NEGOTIATE;
	int fd = milterproto_dial(load->options->socket, true, error, sizeof(error));
	if (fd < 0) {
		complain(slot, error);
		return false;
	}
	ev_io_set(&slot->io, fd, EV_READ);
	advance(slot);
	return true;
}

/* Opens the next session, until one opens or there is nothing left to do. */
static void next_session(struct slot *slot)
{
	struct load *load = slot->load;
	while (load->begun < load->options->messages) {
		if (dial(slot))
			return;
		load->begun++;
		load->fault[FAULT_CLOSED]++;
		message_over(slot);
	}
}

static void start_working(struct load *load)
{
	load->working = true;
	load->start_us = load->end_us = now_us();
	for (unsigned i = 0; i < load->options->parallel; i++)
		next_session(&load->slots[i]);
}

/* An idle session has come to rest, or has failed to: the work begins when all have. */
static void idle_ready(struct load *load)
{
	if (++load->idle_ready == load->options->idle)
		start_working(load);
}

static void wake_idles(struct load *load)
{
	for (unsigned i = 0; i < load->options->idle; i++)
		if (load->idles[i].resting)
			advance(&load->idles[i]);
}

static void watch_slots(struct load *load, struct slot *slots, unsigned count)
{
	uint64_t now = now_us(), limit = (uint64_t)(load->options->wait_s * 1e6);
	for (unsigned i = 0; i < count; i++)
		if (slots[i].io.fd >= 0 && slots[i].waiting && now > slots[i].heard_us + limit)
			fail(&slots[i], FAULT_TIMEOUT, "no reply in time");
}

static void on_watch(struct ev_loop *loop, ev_timer *timer, int events)
{
	struct load *load = timer->data;
	(void)loop;
	(void)events;
	watch_slots(load, load->slots, load->options->parallel);
	watch_slots(load, load->idles, load->options->idle);
}

/* The summary */

static void print_summary(struct load *load)
{
	const char *const stages[LOAD_STAGES] = {[CONNECT] = "connect", [HELO] = "helo", [MAIL] = "mail",
						 [RCPT] = "rcpt",	[DATA] = "data", [EOM] = "eom"};
	double seconds = (double)(load->end_us - load->start_us) / 1e6;
	printf("messages=%llu seconds=%.3f messages_per_s=%.0f sessions=%llu", (unsigned long long)load->done, seconds,
	       seconds > 0 ? (double)load->done / seconds : 0, (unsigned long long)load->sessions);
	for (enum loadverdict v = 0; v < LOAD_UNKNOWN; v++)
		printf(" %s=%llu", loadcheck_word(v), (unsigned long long)load->verdict[v]);
	printf(" accepted=%llu", (unsigned long long)load->accepted);
	for (enum load_stage s = 0; s < LOAD_STAGES; s++)
		if (stages[s] != NULL)
			printf(" refused_%s=%llu", stages[s], (unsigned long long)load->refused_at[s]);
	printf(" edits=%llu errors=%llu protocol=%llu closed=%llu timeout=%llu wrong=%llu idle=%u idle_alive=%u",
	       (unsigned long long)load->edits,
	       (unsigned long long)(load->fault[FAULT_PROTOCOL] + load->fault[FAULT_CLOSED] +
				    load->fault[FAULT_TIMEOUT]),
	       (unsigned long long)load->fault[FAULT_PROTOCOL], (unsigned long long)load->fault[FAULT_CLOSED],
	       (unsigned long long)load->fault[FAULT_TIMEOUT], (unsigned long long)load->wrong, load->options->idle,
	       load->idle_alive);
	loadcheck_print_times("rcpt", load->rcpt_us, load->rcpts);
	loadcheck_print_times("eom", load->eom_us, load->eoms);
	loadcheck_print_times("message", load->whole_us, load->wholes);
	printf("\n");
}

/* Set-up */

static struct slot *make_slots(struct load *load, unsigned count, bool idle)
{
	struct slot *slots = calloc(count > 0 ? count : 1, sizeof(*slots));
	for (unsigned i = 0; slots != NULL && i < count; i++) {
		slots[i].load = load;
		slots[i].idle = idle;
		ev_io_init(&slots[i].io, on_socket, -1, EV_READ);
		ev_timer_init(&slots[i].pause, on_pause, 0., 0.);
		slots[i].io.data = slots[i].pause.data = &slots[i];
	}
	return slots;
}

static void free_slots(struct slot *slots, unsigned count)
{
	for (unsigned i = 0; slots != NULL && i < count; i++) {
		if (slots[i].io.fd >= 0)
			hang_up(&slots[i]);
		free(slots[i].in.data);
		free(slots[i].out.data);
	}
	free(slots);
}

/* Lines of text, CRLF ended. */
static char *make_body(size_t bytes)
{
	char *body = malloc(bytes + 1);
	for (size_t i = 0; body != NULL && i < bytes; i++)
		body[i] = i % 72 == 70 ? '\r' : i % 72 == 71 ? '\n' : 'x';
	return body;
}

static void raise_descriptor_limit(void)
{
	struct rlimit limit;
	if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
		limit.rlim_cur = limit.rlim_max;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
}

static bool good(const struct load *load)
{
	return load->fault[FAULT_PROTOCOL] + load->fault[FAULT_CLOSED] + load->fault[FAULT_TIMEOUT] == 0 &&
	       load->wrong == 0 && load->idle_alive == load->options->idle;
}

bool milterload_run(const struct milterload_options *options)
{
	struct load load = {.options = options,
			    .loop = ev_default_loop(EVFLAG_AUTO),
			    .content = {.received = options->received,
					.hops = options->hops,
					.body_bytes = options->body_bytes},
			    .idle_left = options->idle};
	bool result = false;
	raise_descriptor_limit();
	load.slots = make_slots(&load, options->parallel, false);
	load.idles = make_slots(&load, options->idle, true);
	load.rcpt_us = calloc(options->messages, sizeof(uint32_t));
	load.eom_us = calloc(options->messages, sizeof(uint32_t));
	load.whole_us = calloc(options->messages, sizeof(uint32_t));
	load.content.body = make_body(options->body_bytes);
	if (load.loop == NULL || load.slots == NULL || load.idles == NULL || load.rcpt_us == NULL ||
	    load.eom_us == NULL || load.whole_us == NULL || load.content.body == NULL)
		goto out;
	ev_timer_init(&load.watch, on_watch, 1., 1.);
	load.watch.data = &load;
	ev_timer_start(load.loop, &load.watch);
	for (unsigned i = 0; i < options->idle; i++)
		if (!dial(&load.idles[i]))
			fail(&load.idles[i], FAULT_CLOSED, "no connection");
	if (options->idle == 0)
		start_working(&load);
	if (load.done < options->messages || load.idle_left > 0)
		ev_run(load.loop, 0);
	print_summary(&load);
	result = good(&load);
out:
	free_slots(load.slots, options->parallel);
	free_slots(load.idles, options->idle);
	free(load.rcpt_us);
	free(load.eom_us);
	free(load.whole_us);
	free(load.content.body);
	if (load.loop != NULL)
		ev_loop_destroy(load.loop);
	return result;
}
