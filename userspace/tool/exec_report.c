/* SPDX-License-Identifier: MIT */
/* What tlsbind exec has seen, and what it may mean. */
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include "describe.h"
#include "exec.h"
#include "print.h"

static const char *const exec_step_names[EXEC_STEPS] = { "TCP_ULP", "TLS_TX", "TLS_RX" };

bool tool_exec_met(const struct exec_seen *seen)
{
	return seen->connections && seen->both == seen->connections;
}

static void exec_reason(struct tool_print *print, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static void exec_reason(struct tool_print *print, const char *format, ...)
{
	char text[512];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	tool_print_string(print, NULL, "tlsbind:   ", text);
	tool_print_text(print, "\n");
}

/* What an error of a step means, as far as it can be told. */
static const char *exec_meaning(enum exec_step step, uint32_t error)
{
	switch (error) {
	case ENOENT:
		return step == EXEC_ULP ? "the kernel module tls is not there: modprobe tls" :
					  "the kernel has no such cipher: see tlsbind doctor";
	case ENOTCONN:
		return "the socket was not connected when kernel TLS was asked for";
	case EACCES:
	case EKEYREJECTED:
		return "a rule of tlsbind refuses it, or a judge has rejected the peer";
	case ESTALE:
		return "tlsbind was loaded after the other key of the connection was installed";
	case EHOSTDOWN:
		return "a rule of tlsbind wants a verdict, and there is no judge";
	case ETIMEDOUT:
		return "no judge has given a verdict in time";
	case ESHUTDOWN:
		return "tlsbind was being unloaded";
	case EOPNOTSUPP:
	case ENOPROTOOPT:
		return step == EXEC_ULP ? "not a TCP connection, or a kernel without TLS" :
					  "the socket has no kernel TLS";
	case EINVAL:
		return "the kernel does not have this version or cipher suite";
	case EBUSY:
		return "the kernel cannot replace a key (before 6.14)";
	default:
		return NULL;
	}
}

static void exec_report_error(struct tool_print *print, enum exec_step step,
			      const struct exec_error *error)
{
	const char *name = strerrorname_np((int)error->number);
	const char *meaning = exec_meaning(step, error->number);

	exec_reason(print, "%s failed (%u): %s%s%s", exec_step_names[step], error->count,
		    name ? name : "unknown error", meaning ? ": " : "", meaning ? meaning : "");
}

/* Without the first step, the others cannot work either. */
static bool exec_follows(const struct exec_seen *seen, enum exec_step step,
			 const struct exec_error *error)
{
	return step != EXEC_ULP && error->number == ENOPROTOOPT && seen->error[EXEC_ULP][0].count;
}

static void exec_report_errors(struct tool_print *print, const struct exec_seen *seen)
{
	unsigned int i;
	int step;

	for (step = 0; step < EXEC_STEPS; step++)
		for (i = 0; i < EXEC_SEEN_ERRORS; i++)
			if (seen->error[step][i].count &&
			    !exec_follows(seen, step, &seen->error[step][i]))
				exec_report_error(print, step, &seen->error[step][i]);
}

/* Connections that took some of the steps. */
static void exec_report_halves(struct tool_print *print, const struct exec_seen *seen)
{
	uint32_t tx = seen->done[EXEC_TX] - seen->both, rx = seen->done[EXEC_RX] - seen->both;
	uint32_t keys = tx + rx + seen->both, none = seen->done[EXEC_ULP] - keys;

	if (tx)
		exec_reason(print, "%u only send through the kernel: so does OpenSSL before 3.2 with "
			    "TLS 1.3, or records had been read ahead", tx);
	if (rx)
		exec_reason(print, "%u only receive through the kernel", rx);
	if (keys < seen->done[EXEC_ULP])
		exec_reason(print, "%u have no key in the kernel: no handshake was completed, it was "
			    "no TLS, or its cipher suite is one that the library keeps to itself", none);
}

/* A GnuTLS that can do it has this in a message. Return: false if it has not, or cannot be read. */
static bool exec_gnutls_can(const char *path)
{
	static const char word[] = "TCP_ULP";
	FILE *file = fopen(path, "re");
	size_t at = 0;
	int c;

	if (!file)
		return false;
	/* No letter of it but the first begins it again. */
	while (at < sizeof(word) - 1 && (c = getc(file)) != EOF)
		at = c == word[at] ? at + 1 : c == word[0];
	fclose(file);
	return at == sizeof(word) - 1;
}

static bool exec_has(const struct exec_library *library)
{
	return __atomic_load_n(&library->state, __ATOMIC_ACQUIRE) == 2;
}

/* Nobody asked. Why, can only be guessed from what is loaded. */
static void exec_report_unasked(struct tool_print *print, const struct exec_seen *seen)
{
	bool openssl = exec_has(&seen->openssl), gnutls = exec_has(&seen->gnutls);

	if (!seen->programs) {
		exec_reason(print, "the program could not be observed: it is static, set-user-ID, or "
			    "another architecture's");
		return;
	}
	if (openssl)
		exec_reason(print, "%s: no connection was made, it was not given sockets (curl, for "
			    "one, has its own way), its cipher suite is none of the kernel's, or it "
			    "is built without kernel TLS", seen->openssl.path);
	if (gnutls)
		exec_reason(print, exec_gnutls_can(seen->gnutls.path) ?
			    "%s: no handshake was completed, or on no socket of its own" :
			    "%s: is built without kernel TLS", seen->gnutls.path);
	if (!openssl && !gnutls)
		exec_reason(print, "neither OpenSSL nor GnuTLS was seen");
}

static void exec_report_list(struct tool_print *print, const struct exec_seen *seen)
{
	unsigned int i;
	int step;

	tool_print_array(print, "errors");
	for (step = 0; step < EXEC_STEPS; step++)
		for (i = 0; i < EXEC_SEEN_ERRORS; i++) {
			const struct exec_error *error = &seen->error[step][i];

			if (!error->count)
				continue;
			tool_print_object(print, NULL);
			tool_print_string(print, "step", NULL, exec_step_names[step]);
			tool_describe_error(print, "error", NULL, error->number);
			tool_print_number(print, "count", NULL, error->count);
			tool_print_close(print);
		}
	tool_print_close(print);
}

void tool_exec_report(const struct exec_seen *seen, FILE *out, bool json)
{
	struct tool_print print;

	tool_print_begin(&print, out, json);
	tool_print_object(&print, NULL);
	tool_print_number(&print, "programs", NULL, seen->programs);
	tool_print_number(&print, "connections", "tlsbind: kernel TLS was asked for on connections: ",
			  seen->connections);
	tool_print_number(&print, "both", ", with both keys in the kernel: ", seen->both);
	tool_print_text(&print, "\n");
	tool_print_number(&print, "tx", NULL, seen->done[EXEC_TX]);
	tool_print_number(&print, "rx", NULL, seen->done[EXEC_RX]);
	exec_report_list(&print, seen);
	tool_print_array(&print, "reasons");
	if (seen->connections)
		exec_report_halves(&print, seen);
	else
		exec_report_unasked(&print, seen);
	exec_report_errors(&print, seen);
	tool_print_close(&print);
	tool_print_close(&print);
	fflush(out);
}
