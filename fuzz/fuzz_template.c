/* Fuzzes template: whatever is let through fills in as a naive reading of the rules does, and stays one printable line.
 * Input: a byte for the address, a byte for the room, then template, subject, list, answer, reason, helo, sender and
 * rdns with a NUL between them; what is not there stays NULL. */
#include <iconv.h>
#include <regex.h>
#include <stdbool.h>
#include <string.h>

#include "common/template.h"
#include "fuzz/fuzz.h"

#define PIECE \
	"[^%{]|%%|%d[.]%d[.]%d[.]%d|[{][{]|[{](ip|subject|list|answer|reason|helo|sender|rdns|points)[}]"

enum { INPUT_MAX = 8000, OUTPUT_MAX = 100000 };

/* The judges are other people's code: a regular expression, and iconv(3) for UTF-8. */
static bool naive_syntax(const char *text)
{
	static regex_t pattern;
	static bool ready;

	if (!ready)
		MUST(regcomp(&pattern, "^(" PIECE ")*$", REG_EXTENDED | REG_NOSUB) == 0);
	ready = true;
	return regexec(&pattern, text, 0, NULL, 0) == 0;
}

static bool naive_printable(const char *text)
{
	uint32_t code[TEMPLATE_MAX_BYTES];
	char *in, copy[TEMPLATE_MAX_BYTES + 1], *out = (char *)code;
	size_t in_left = strlen(text), out_left = sizeof code;
	static iconv_t to_codes;

	if (to_codes == NULL)
		to_codes = iconv_open("UTF-32LE", "UTF-8");
	MUST(to_codes != (iconv_t)-1);
	iconv(to_codes, NULL, NULL, NULL, NULL);
	if (in_left > TEMPLATE_MAX_BYTES)
		return false;
	in = memcpy(copy, text, in_left + 1);
	if (iconv(to_codes, &in, &in_left, &out, &out_left) == (size_t)-1)
		return false;
	for (size_t i = 0; i < (sizeof code - out_left) / sizeof code[0]; i++)
		if (code[i] < 32 || (code[i] >= 127 && code[i] < 160) || code[i] == 0x2028 || code[i] == 0x2029)
			return false;
	return true;
}

static void naive_value(char *out, const char *value)
{
	size_t len = value != NULL ? strlen(value) : 0;

	out += strlen(out);
	for (size_t i = 0; i < len && i < TEMPLATE_VALUE_MAX_BYTES; i++)
		*out++ = value[i] >= ' ' && value[i] <= '~' ? value[i] : '?';
	strcpy(out, len > TEMPLATE_VALUE_MAX_BYTES ? "..." : "");
}

static void naive_fill(char *out, const char *text, const struct template_values *values)
{
	char ip[IPADDR_TEXT_BYTES], points[20];
	const struct {
		const char *mark, *value;
	} marks[] = {
		{ "%d.%d.%d.%d", ipaddr_format(&values->ip, ip) },
		{ "%%", "%" },
		{ "{{", "{" },
		{ "{ip}", ip },
		{ "{subject}", values->subject },
		{ "{list}", values->list },
		{ "{answer}", values->answer },
		{ "{reason}", values->reason },
		{ "{helo}", values->helo },
		{ "{sender}", values->sender },
		{ "{rdns}", values->rdns },
		{ "{points}", points },
	};

	snprintf(points, sizeof points, "%d", values->points);
	out[0] = '\0';
	while (*text != '\0') {
		size_t i = 0;

		while (i < sizeof marks / sizeof marks[0] && strncmp(text, marks[i].mark, strlen(marks[i].mark)) != 0)
			i++;
		if (i < sizeof marks / sizeof marks[0]) {
			naive_value(out, marks[i].value);
			text += strlen(marks[i].mark);
		} else {
			strncat(out, text++, 1);
		}
	}
}

static void must_be_a_line(const char *text)
{
	for (; *text != '\0'; text++)
		MUST((unsigned char)*text >= 32 && *text != 127);
}

static size_t n_above_ascii(const char *text)
{
	size_t n = 0;

	for (; *text != '\0'; text++)
		n += (unsigned char)*text > 127;
	return n;
}

static void expand(const char *text, const struct template_values *values, size_t room)
{
	static char naive[OUTPUT_MAX], out[OUTPUT_MAX];
	char *small = malloc(room);
	struct text whole = text_over(out, sizeof out), part = text_over(small, room);

	naive_fill(naive, text, values);
	template_expand(&whole, text, values);
	MUST(text_fits(&whole));
	MUST(strcmp(out, naive) == 0);
	must_be_a_line(out);
	MUST(n_above_ascii(out) == n_above_ascii(text));   /* none comes from a value */

	template_expand(&part, text, values);
	MUST(text_fits(&part) == (strlen(naive) < room));
	MUST(strncmp(small, naive, room - 1) == 0 && strlen(small) < room);
	free(small);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *part[8] = { "" };
	struct template_values values = { .points = 0 };
	struct errmsg err = { "" };
	char *copy, *at;
	bool good;

	if (size < 2 || size > INPUT_MAX)
		return 0;
	values.ip = (struct ipaddr){ .len = data[0] % 3 == 0 ? 0 : data[0] % 3 == 1 ? IPADDR_V4 : IPADDR_V6 };
	memset(values.ip.byte, data[0], values.ip.len);
	values.points = (data[0] - 128) * 79;
	at = copy = malloc(size - 1);
	memcpy(copy, data + 2, size - 2);
	copy[size - 2] = '\0';
	for (size_t i = 0; i < 8 && at < copy + size - 1; i++) {
		part[i] = at;
		at += strlen(at) + 1;
	}
	values.subject = part[1];
	values.list = part[2];
	values.answer = part[3];
	values.reason = part[4];
	values.helo = part[5];
	values.sender = part[6];
	values.rdns = part[7];

	good = template_check(part[0], &err);
	MUST(good == (naive_printable(part[0]) && naive_syntax(part[0])));
	MUST(good == (err.text[0] == '\0'));
	must_be_a_line(err.text);
	MUST(n_above_ascii(err.text) == 0);
	if (good)
		expand(part[0], &values, 1 + data[1] * 3u);
	free(copy);
	return 0;
}
