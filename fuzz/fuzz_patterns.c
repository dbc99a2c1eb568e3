/* Fuzzes addrpat, answerpat and namepat: whatever parses matches as a naive reading of its text does, alone and in a set.
 * Input: lines. Each is tried as a pattern of every kind; a line "=ADDRESS" is one more address to match, and each line is a
 * name for the line before it. */
#include <arpa/inet.h>
#include <stdbool.h>
#include <string.h>

#include "common/addrpat.h"
#include "common/answerpat.h"
#include "common/mailaddr.h"
#include "common/namepat.h"
#include "fuzz/fuzz.h"

enum { INPUT_MAX = 4000, LINES_MAX = 40, PROBES_MAX = 8 * LINES_MAX + 4 };

typedef unsigned __int128 number;

/* An address as a number, by another way than ipaddr's. v4: also for what is mapped. */
struct value {
	bool good, v4, mapped;
	number n;
};

static struct value value_of(const char *text, size_t len)
{
	struct value value = { .good = false };
	uint8_t byte[16];
	char copy[100];

	if (len >= sizeof copy)
		return value;
	memcpy(copy, text, len);
	copy[len] = '\0';
	if (inet_pton(AF_INET, copy, byte) == 1) {
		for (int i = 0; i < 4; i++)
			value.n = value.n << 8 | byte[i];
		value.good = value.v4 = true;
	} else if (inet_pton(AF_INET6, copy, byte) == 1) {
		for (int i = 0; i < 16; i++)
			value.n = value.n << 8 | byte[i];
		value.good = true;
		value.mapped = value.n >> 32 == 0xffff;
		value.v4 = value.mapped;
		if (value.mapped)
			value.n &= 0xffffffff;
	}
	return value;
}

static struct value value_of_addr(const struct ipaddr *addr)
{
	struct value value = { .good = addr->len != 0, .v4 = addr->len == 4 };

	for (int i = 0; i < addr->len; i++)
		value.n = value.n << 8 | addr->byte[i];
	return value;
}

static struct ipaddr addr_of_value(struct value value)
{
	struct ipaddr addr = { .len = value.v4 ? 4 : 16 };

	for (int i = addr.len; i-- > 0; value.n >>= 8)
		addr.byte[i] = (uint8_t)value.n;
	return addr;
}

static bool naive_range(const char *text, const char *dash, struct value a)
{
	struct value low = value_of(text, (size_t)(dash - text)), high = value_of(dash + 1, strlen(dash + 1));

	MUST(low.good && high.good && low.v4 == high.v4 && low.n <= high.n);
	return a.v4 == low.v4 && a.n >= low.n && a.n <= high.n;
}

static bool naive_net(const char *text, const char *slash, struct value a)
{
	struct value net = value_of(text, (size_t)(slash - text));
	int bits = atoi(slash + 1), size;

	MUST(net.good);
	if (net.mapped && bits >= 96)
		bits -= 96;
	else
		MUST(!net.mapped);   /* a mapped address has bits behind any shorter prefix */
	size = net.v4 ? 32 : 128;
	MUST(bits >= 0 && bits <= size);
	if (bits == 0) {   /* no shift by the whole width */
		MUST(net.n == 0);
		return a.v4 == net.v4;
	}
	MUST((net.n & (((number)1 << (size - bits)) - 1)) == 0);
	return a.v4 == net.v4 && a.n >> (size - bits) == net.n >> (size - bits);
}

static bool naive_octets(const char *text, struct value a)
{
	char octet[4][4];

	if (!a.v4)
		return false;
	for (int i = 0; i < 4; i++)
		snprintf(octet[i], sizeof octet[i], "%u", (unsigned)(a.n >> (24 - 8 * i) & 255));
	for (int i = 0; i < 4; i++) {
		size_t len = strcspn(text, ".");

		if (len == 1 && text[0] == '*') {
			if (text[1] == '\0')
				return true;
		} else if (len != strlen(octet[i]) || memcmp(text, octet[i], len) != 0) {
			return false;
		}
		text += len + (text[len] == '.');
	}
	MUST(*text == '\0');
	return true;
}

static bool naive_addrpat(const char *text, const struct ipaddr *addr)
{
	struct value a = value_of_addr(addr), same;

	if (!a.good)
		return false;
	if (strchr(text, '-') != NULL)
		return naive_range(text, strchr(text, '-'), a);
	if (strchr(text, '/') != NULL)
		return naive_net(text, strchr(text, '/'), a);
	if (strchr(text, '*') != NULL)
		return naive_octets(text, a);
	same = value_of(text, strlen(text));
	MUST(same.good);
	return same.v4 == a.v4 && same.n == a.n;
}

/* Does the octet pattern of `len` bytes allow the value? */
static bool naive_octet(const char *text, size_t len, unsigned value)
{
	char copy[INPUT_MAX + 1], *item, *rest = copy;
	unsigned first, last;

	if (len == 1 && *text == '*')
		return true;
	memcpy(copy, text, len);
	copy[len] = '\0';
	if (*copy == '[') {
		MUST(copy[len - 1] == ']');
		copy[len - 1] = '\0';
		rest++;
	}
	while ((item = strsep(&rest, ";")) != NULL) {
		int n = sscanf(item, "%u..%u", &first, &last);

		MUST(n == 1 || n == 2);
		if (n == 1)
			last = first;
		MUST(first <= last && last <= 255);
		if (value >= first && value <= last)
			return true;
	}
	return false;
}

static size_t octet_len(const char *text)
{
	return *text == '[' ? strcspn(text, "]") + 1 : strcspn(text, ".");
}

static bool naive_answerpat(const char *text, uint32_t addr)
{
	struct value mask;

	if (*text == '&') {
		mask = value_of(text + 1, strlen(text + 1));
		MUST(mask.good && mask.v4 && !mask.mapped);
		return addr >= 0x7f000000 && addr <= 0x7fffffff && (addr & (uint32_t)mask.n) != 0;
	}
	for (int i = 0; i < 4; i++) {
		size_t len = octet_len(text);

		if (!naive_octet(text, len, addr >> (24 - 8 * i) & 255))
			return false;
		text += len + 1;
	}
	return true;
}

static bool naive_exact(const char *text)
{
	if (*text == '&')
		return false;
	for (int i = 0; i < 4; i++) {
		size_t len = octet_len(text);
		int n = 0;

		for (unsigned value = 0; value < 256; value++)
			n += naive_octet(text, len, value);
		if (n != 1)
			return false;
		text += len + 1;
	}
	return true;
}

static void must_be_a_sentence(const struct errmsg *err)
{
	MUST(err->text[0] != '\0');
	for (const char *c = err->text; *c != '\0'; c++)
		MUST(*c >= ' ' && *c <= '~');
}

static struct {
	struct addrpat pat[LINES_MAX];
	const char *text[LINES_MAX];
	size_t n;
	struct ipaddr probe[PROBES_MAX];
	size_t n_probes;
} addrs;

static void probe_add(struct value value, int by)
{
	value.n = by < 0 ? value.n - 1 : value.n + (unsigned)by;
	if (value.v4)
		value.n &= 0xffffffff;
	addrs.probe[addrs.n_probes++] = addr_of_value(value);
}

static void addrpat_line(const char *line)
{
	struct addrpat *pat = &addrs.pat[addrs.n];
	struct errmsg err = { "" };

	if (!addrpat_parse(pat, line, &err)) {
		must_be_a_sentence(&err);
		return;
	}
	MUST(err.text[0] == '\0');
	MUST(pat->low.len == pat->high.len && (pat->low.len == 4 || pat->low.len == 16));
	MUST(pat->masked || ipaddr_compare(&pat->low, &pat->high) <= 0);
	addrs.text[addrs.n++] = line;
	for (int by = -1; by <= 1; by++) {
		probe_add(value_of_addr(&pat->low), by);
		probe_add(value_of_addr(&pat->high), by);
	}
	/* the same number in the other family */
	probe_add((struct value){ .v4 = pat->low.len == 16, .n = value_of_addr(&pat->low).n }, 0);
}

static void addrs_check(void)
{
	struct arena arena;
	struct addrset set;

	arena_init(&arena, 1 << 20);
	MUST(addrset_build(&set, addrs.pat, addrs.n, &arena));
	for (size_t k = 0; k < addrs.n_probes; k++) {
		bool any = false;

		for (size_t i = 0; i < addrs.n; i++) {
			bool naive = naive_addrpat(addrs.text[i], &addrs.probe[k]);

			MUST(addrpat_match(&addrs.pat[i], &addrs.probe[k]) == naive);
			any |= naive;
		}
		MUST(addrset_match(&set, &addrs.probe[k]) == any);
	}
	for (size_t i = 1; i < set.n_ranges; i++)
		MUST(ipaddr_compare(&set.ranges[i - 1].high, &set.ranges[i].low) < 0);
	arena_clear(&arena);
}

static void answerpat_line(const char *line)
{
	static const uint32_t around[] = { 0x7f000002, 0x7f000001, 0x7fffffff, 0, 0xffffffff, 0x7e0000ff, 0x80000000 };
	struct errmsg err = { "" };
	struct answerpat pat;
	bool exact;

	if (!answerpat_parse(&pat, line, &err)) {
		must_be_a_sentence(&err);
		return;
	}
	MUST(err.text[0] == '\0');
	exact = naive_exact(line);
	MUST(pat.is_exact == exact);
	for (size_t i = 0; i < sizeof around / sizeof around[0]; i++)
		for (int shift = 0; shift < 32; shift += 8)
			for (uint32_t value = 0; value < 256; value += value < 16 || value > 240 ? 1 : 13) {
				uint32_t addr = (around[i] & ~((uint32_t)255 << shift)) | value << shift;
				bool naive = naive_answerpat(line, addr);

				MUST(answerpat_match(&pat, addr) == naive);
				MUST(answerpat_is(&pat, addr) == (exact && naive));
			}
}

/* The other way round: what is written from numbers must parse, and the net that an error names must be right. */
static void written_net(const uint8_t *data)
{
	struct ipaddr addr = data[16] & 1 ? ipaddr_v6(data) : ipaddr_v4((uint32_t)data[0] << 24 | data[5]);
	unsigned bits = data[17] % (8u * addr.len + 1);
	char text[100], shown[IPADDR_TEXT_BYTES], *net;
	struct errmsg err = { "" };
	struct addrpat pat;

	snprintf(text, sizeof text, "%s/%u", ipaddr_format(&addr, shown), bits);
	if (!addrpat_parse(&pat, text, &err)) {
		net = strstr(err.text, "the net is ");
		MUST(net != NULL);
		net += strlen("the net is ");
		net[strcspn(net, ",")] = '\0';
		MUST(addrpat_parse(&pat, net, &err));
		MUST(!ipaddr_equal(&pat.low, &addr));
	}
	MUST(addrpat_match(&pat, &addr));
	MUST(ipaddr_in_net(&pat.low, &addr, bits) && ipaddr_in_net(&pat.high, &addr, bits));
}

enum { GLOB_MAX = 64 };

static char small(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

/* By the table of which beginning of the glob matches which beginning of the name. */
static bool naive_glob(const char *glob, const char *name)
{
	static bool match[GLOB_MAX + 1][GLOB_MAX + 1];
	size_t g = strlen(glob), n = strlen(name);

	for (size_t i = 0; i <= g; i++)
		for (size_t j = 0; j <= n; j++) {
			if (i == 0)
				match[i][j] = j == 0;
			else if (glob[i - 1] == '*')
				match[i][j] = match[i - 1][j] || (j > 0 && match[i][j - 1]);
			else
				match[i][j] = j > 0 && match[i - 1][j - 1] &&
					      (glob[i - 1] == '?' || small(glob[i - 1]) == small(name[j - 1]));
		}
	return match[g][n];
}

static void namepat_line(const char *glob, const char *name)
{
	char plain[MAILADDR_PLAIN_BYTES], again[MAILADDR_PLAIN_BYTES];
	struct errmsg err = { "" };
	struct nameset set;
	struct namepat pat;
	struct arena arena;
	bool naive;

	if (mailaddr_path_plain(plain, name))
		(void)mailaddr_path_plain(again, plain);
	if (strlen(glob) > GLOB_MAX || strlen(name) > GLOB_MAX)
		return;
	arena_init(&arena, 1 << 16);
	if (namepat_parse(&pat, glob, &arena, &err)) {
		naive = naive_glob(strcmp(glob, "<>") == 0 ? "" : glob, name);
		MUST(namepat_match(&pat, name) == naive);
		MUST(nameset_build(&set, &pat, 1, &arena));
		MUST(nameset_match(&set, name) == naive);
	} else {
		must_be_a_sentence(&err);
	}
	arena_clear(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *copy, *line, *rest;
	const char *last = "";
	size_t n_lines = 0;

	if (size > INPUT_MAX)
		return 0;
	if (size >= 18)
		written_net(data);
	addrs.n = addrs.n_probes = 0;
	rest = copy = malloc(size + 1);
	memcpy(copy, data, size);
	copy[size] = '\0';
	addrs.n_probes = 1;
	addrs.probe[0] = (struct ipaddr){ .len = 0 };
	while (n_lines++ < LINES_MAX && (line = strsep(&rest, "\n")) != NULL) {
		struct ipaddr probe;

		if (line[0] == '=' && ipaddr_parse(&probe, line + 1))
			addrs.probe[addrs.n_probes++] = probe;
		addrpat_line(line);
		answerpat_line(line);
		namepat_line(last, line);
		last = line;
	}
	addrs_check();
	free(copy);
	return 0;
}
