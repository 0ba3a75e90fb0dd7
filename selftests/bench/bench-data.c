// SPDX-License-Identifier: MIT
/*
 * What it costs to move data over kTLS: without the module; with it; with 1,000 rules, of which the
 * last is the one that matches; and with evidence about the socket lying ready in the kernel.
 * One thread does both ends in turn, so that nothing is left to chance but interrupts. The
 * module comes and goes with each round, and every set of calls has sockets of its own, whose keys come
 * while the module is as the set wants it. Also, which functions of the kernel the module hooks.
 * Prints a table and, in one line, JSON.
 */
#define _GNU_SOURCE
#include <sys/mman.h>
#include <sys/sendfile.h>

#include <jansson.h>

#include "count.h"
#include "../evidence.h"
#include "../guest.h"
#include "../ktls.h"
#include "many-rules.h"

#define SAMPLES		51
#define WARM		9	/* not counted */
#define ROUNDS		5
#define BYTES_MAX	16384	/* the longest record of TLS */
#define HOOKED		"/sys/kernel/tracing/enabled_functions"

/** struct ends - a connection, and what its calls need */
struct ends {
	int fd[2];		/* fd[0] sends, fd[1] receives */
	int file, pipe[2];
	size_t bytes;
};

/** struct call - a way to move ends.bytes; returns what the call that is meant has cost */
struct call {
	const char *name;
	uint64_t (*run)(struct ends *e);
};

/* What there is beside the sockets. */
enum setting { WITHOUT, WITH, RULES, EVIDENCE, SETTINGS };

static const char *const setting_names[SETTINGS] = { "without", "with", "rules", "evidence" };

static const struct {
	uint16_t suite;
	size_t bytes;
} loads[] = {
	{ 0x1301, 64 }, { 0x1301, 1400 }, { 0x1301, BYTES_MAX },
	{ 0x1303, 64 }, { 0x1303, 1400 }, { 0x1303, BYTES_MAX },
};

static uint8_t data[BYTES_MAX] __attribute__((aligned(4096)));
static uint8_t got[BYTES_MAX] __attribute__((aligned(4096)));
static struct sockaddr_storage address;
static socklen_t address_len;
static int listener;

static void all_of(const char *what, ssize_t n, size_t bytes)
{
	if (n != (ssize_t)bytes)
		tap_bail("%s: %zd bytes of %zu: %s", what, n, bytes, n < 0 ? strerror(errno) : "");
}

static uint64_t run_sendmsg(struct ends *e)
{
	struct iovec iov = { data, e->bytes };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };
	uint64_t start = count_now();
	ssize_t n = sendmsg(e->fd[0], &msg, 0);

	start = count_now() - start;
	all_of("sendmsg", n, e->bytes);
	all_of("recv", recv(e->fd[1], got, e->bytes, MSG_WAITALL), e->bytes);
	return start;
}

static uint64_t run_recvmsg(struct ends *e)
{
	struct iovec iov = { got, e->bytes };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };
	uint64_t start;
	ssize_t n;

	all_of("send", send(e->fd[0], data, e->bytes, 0), e->bytes);
	start = count_now();
	n = recvmsg(e->fd[1], &msg, MSG_WAITALL);
	start = count_now() - start;
	all_of("recvmsg", n, e->bytes);
	return start;
}

static uint64_t run_sendfile(struct ends *e)
{
	off_t at = 0;
	uint64_t start = count_now();
	ssize_t n = sendfile(e->fd[0], e->file, &at, e->bytes);

	start = count_now() - start;
	all_of("sendfile", n, e->bytes);
	all_of("recv", recv(e->fd[1], got, e->bytes, MSG_WAITALL), e->bytes);
	return start;
}

/* Out of the socket: what has come goes into a pipe, uncopied. */
static uint64_t run_splice(struct ends *e)
{
	uint64_t start;
	ssize_t n;

	all_of("send", send(e->fd[0], data, e->bytes, 0), e->bytes);
	start = count_now();
	n = splice(e->fd[1], NULL, e->pipe[1], NULL, e->bytes, 0);
	start = count_now() - start;
	all_of("splice", n, e->bytes);
	all_of("read", read(e->pipe[0], got, e->bytes), e->bytes);
	return start;
}

static const struct call calls[] = {
	{ "sendmsg", run_sendmsg },
	{ "recvmsg", run_recvmsg },
	{ "sendfile", run_sendfile },
	{ "splice", run_splice },
};

#define CALLS	(sizeof(calls) / sizeof(calls[0]))
#define LOADS	(sizeof(loads) / sizeof(loads[0]))

static uint64_t medians[LOADS][CALLS][SETTINGS][ROUNDS];

static void open_ends(struct ends *e, uint16_t suite, size_t bytes)
{
	static unsigned int seed;
	struct ktls_key a = ktls_key(suite, seed++), b = ktls_key(suite, seed++);

	e->bytes = bytes;
	if (ktls_connect(listener, &address, address_len, e->fd) ||
	    ktls_install_both(e->fd[0], &a, &b) || ktls_install_both(e->fd[1], &b, &a))
		tap_bail("connection: %s", strerror(errno));
	e->file = memfd_create("data", MFD_CLOEXEC);
	if (e->file < 0 || write(e->file, data, bytes) != (ssize_t)bytes || pipe2(e->pipe, O_CLOEXEC))
		tap_bail("file and pipe: %s", strerror(errno));
}

static void close_ends(struct ends *e)
{
	int fds[] = { e->file, e->pipe[0], e->pipe[1] };

	for (size_t i = 0; i < sizeof(fds) / sizeof(fds[0]); i++)
		close(fds[i]);
	ktls_reset(e->fd[0]);
	ktls_reset(e->fd[1]);
}

/* Evidence about both ends is made, and not fetched. */
static void challenge(struct ends *e)
{
	for (int i = 0; i < 2; i++) {
		int event = evidence_eventfd(e->fd[i]);

		if (event < 0 || evidence_ask(e->fd[i], i) || !evidence_signalled(event, 10000))
			tap_bail("no evidence: %s", strerror(errno));
		close(event);
	}
}

static uint64_t median(const struct call *call, struct ends *e)
{
	uint64_t samples[SAMPLES];

	for (int i = 0; i < WARM; i++)
		call->run(e);
	for (int i = 0; i < SAMPLES; i++)
		samples[i] = call->run(e);
	if (memcmp(data, got, e->bytes))
		tap_bail("%s: other data came", call->name);
	return count_median(samples, SAMPLES);
}

static void measure(enum setting setting, int round)
{
	for (size_t load = 0; load < LOADS; load++) {
		struct ends e;

		open_ends(&e, loads[load].suite, loads[load].bytes);
		if (setting == EVIDENCE)
			challenge(&e);
		for (size_t i = 0; i < CALLS; i++)
			medians[load][i][setting][round] = median(&calls[i], &e);
		close_ends(&e);
	}
}

/* The functions that ftrace diverts somewhere, in the order of the alphabet. */
static json_t *hooked(void)
{
	FILE *file = popen("cut -d' ' -f1 " HOOKED " | sort", "re");
	json_t *names = json_array();
	char name[128];

	while (file && fscanf(file, "%127s", name) == 1)
		json_array_append_new(names, json_string(name));
	if (!file || pclose(file))
		tap_bail(HOOKED);
	return names;
}

/* One round. Return: what the module has hooked. */
static json_t *measure_all(int round)
{
	json_t *names;
	struct nl nl;

	measure(WITHOUT, round);
	guest_need("load_module && allow_all");
	names = hooked();
	measure(WITH, round);
	if (nl_open(&nl))
		tap_bail("netlink: no family");
	many_rules(&nl, ntohs(((struct sockaddr_in *)&address)->sin_port));
	measure(RULES, round);
	nl_close(&nl);
	guest_need("allow_all");
	measure(EVIDENCE, round);
	guest_need("unload_module");
	return names;
}

/* Sorted: the middle one, and the distance from the first to the last, of all rounds. */
static json_t *summary(uint64_t *all, uint64_t *middle, uint64_t *spread)
{
	*middle = count_median(all, ROUNDS);
	*spread = all[ROUNDS - 1] - all[0];
	return json_pack("{s:I, s:I}", "median", (json_int_t)*middle, "spread", (json_int_t)*spread);
}

static void row(json_t *rows, size_t load, size_t call)
{
	json_t *one = json_pack("{s:s, s:s, s:i}", "call", calls[call].name, "suite",
				ktls_suite_find(loads[load].suite)->name, "bytes", (int)loads[load].bytes);
	uint64_t middle, spread, most = 0;

	printf("%-8s %6zu", calls[call].name, loads[load].bytes);
	for (int i = 0; i < SETTINGS; i++) {
		json_object_set_new(one, setting_names[i],
				    summary(medians[load][call][i], &middle, &spread));
		printf(" %10llu", (unsigned long long)middle);
		most = spread > most ? spread : most;
	}
	printf(" %8llu\n", (unsigned long long)most);
	json_array_append_new(rows, one);
}

static json_t *table(void)
{
	json_t *rows = json_array();

	for (size_t load = 0; load < LOADS; load++) {
		if (!load || loads[load].suite != loads[load - 1].suite)
			printf("%s:\n%-8s %6s %10s %10s %10s %10s %8s\n",
			       ktls_suite_find(loads[load].suite)->name, "call", "bytes", "without", "with",
			       "rules", "evidence", "spread");
		for (size_t call = 0; call < CALLS; call++)
			row(rows, load, call);
	}
	return rows;
}

static void prepare(void)
{
	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = i * 7 + (i >> 8);
	guest_need("load_ciphers; load_mock sev_guest");
	listener = ktls_listen(AF_INET, &address, &address_len);
	if (listener < 0)
		tap_bail("listener: %s", strerror(errno));
}

int main(void)
{
	const char *unit = count_exact() ? "instructions" : "ticks";
	json_t *names = NULL, *result;

	setvbuf(stdout, NULL, _IOLBF, 0);
	prepare();
	printf("Data over kTLS, %s of a call, medians of %d in each of %d rounds, and the middle one of these:\n",
	       unit, SAMPLES, ROUNDS);
	for (int round = 0; round < ROUNDS; round++) {
		json_decref(names);
		names = measure_all(round);
	}
	result = json_pack("{s:s, s:i, s:i, s:o}", "unit", unit, "samples", SAMPLES, "rounds", ROUNDS,
			   "calls", table());
	printf("Functions that are hooked:");
	for (size_t i = 0; i < json_array_size(names); i++)
		printf(" %s", json_string_value(json_array_get(names, i)));
	printf("\n");
	json_object_set_new(result, "hooked", names);
	json_dumpf(result, stdout, JSON_COMPACT);
	printf("\n");
	json_decref(result);
	return 0;
}
