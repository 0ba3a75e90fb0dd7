/* SPDX-License-Identifier: MIT */
/*
 * Standard input to the peer, the peer to standard output, as s_client -quiet
 * does: end of input does not end the connection, the peer does.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>
#include <openssl/err.h>
#include "tool.h"

/**
 * struct tool_pump - state of the two directions
 * @ssl: the connection, its socket not blocking
 * @attested: what the evidence was about; NULL if later keys are welcome too
 * @input: standard input is open
 * @buffer: read from standard input, not sent yet
 * @used: bytes in it
 * @want_write: OpenSSL waits until it can send
 * @closed: the peer said close_notify
 */
struct tool_pump {
	SSL *ssl;
	const struct tlsbind_connection *attested;
	bool input;
	char buffer[16384];
	size_t used;
	bool want_write;
	bool closed;
};

static bool tool_write_all(const char *data, size_t len)
{
	ssize_t n;

	for (; len; data += n, len -= (size_t)n) {
		n = write(STDOUT_FILENO, data, len);
		if (n < 0 && errno != EINTR)
			return false;
		if (n < 0)
			n = 0;
	}
	return true;
}

/* Return: true if OpenSSL only wants to be called again. */
static bool tool_pump_retry(struct tool_pump *pump, int ret)
{
	switch (SSL_get_error(pump->ssl, ret)) {
	case SSL_ERROR_WANT_WRITE:
		pump->want_write = true;
		return true;
	case SSL_ERROR_WANT_READ:
		return true;
	case SSL_ERROR_ZERO_RETURN:
		pump->closed = true;
		return true;
	default:
		return false;
	}
}

/* The evidence was about certain keys; after a KeyUpdate others are in use. */
static int tool_pump_same_keys(struct tool_pump *pump)
{
	const struct tlsbind_connection *attested = pump->attested;
	struct tlsbind_connection now;

	if (!attested)
		return TOOL_OK;
	if (!tlsbind_ssl_connection(pump->ssl, &now) &&
	    now.tx_generation == attested->tx_generation &&
	    now.rx_generation == attested->rx_generation)
		return TOOL_OK;
	tool_error("the keys changed after the evidence was accepted");
	return TOOL_BINDING;
}

/* Everything that is there, to standard output. */
static int tool_pump_receive(struct tool_pump *pump)
{
	char data[16384];
	size_t n;
	int ret;

	while ((ret = SSL_read_ex(pump->ssl, data, sizeof(data), &n)) == 1) {
		int code = tool_pump_same_keys(pump);

		if (code)
			return code;
		if (!tool_write_all(data, n)) {
			tool_error("standard output: %s", strerror(errno));
			return TOOL_USAGE;
		}
	}
	if (tool_pump_retry(pump, ret))
		return tool_pump_same_keys(pump);
	tool_error("the peer ended the connection without saying so");
	return TOOL_CONNECT;
}

static int tool_pump_send(struct tool_pump *pump)
{
	size_t n;
	int ret;

	if (!pump->used)
		return TOOL_OK;
	ret = SSL_write_ex(pump->ssl, pump->buffer, pump->used, &n);
	if (ret == 1) {
		pump->used = 0;
		return TOOL_OK;
	}
	if (tool_pump_retry(pump, ret))
		return TOOL_OK;
	tool_error("cannot send");
	return TOOL_CONNECT;
}

static int tool_pump_wait(struct tool_pump *pump)
{
	struct pollfd fds[2] = {
		{ .fd = SSL_get_fd(pump->ssl), .events = POLLIN },
		{ .fd = pump->input && !pump->used ? STDIN_FILENO : -1, .events = POLLIN },
	};
	ssize_t n;

	if (pump->want_write)
		fds[0].events |= POLLOUT;
	pump->want_write = false;
	if (poll(fds, 2, -1) < 0)
		return errno == EINTR ? TOOL_OK : TOOL_CONNECT;
	if (!fds[1].revents)
		return TOOL_OK;
	n = read(STDIN_FILENO, pump->buffer, sizeof(pump->buffer));
	if (n > 0)
		pump->used = (size_t)n;
	else if (!n)
		pump->input = false;
	else if (errno != EINTR && errno != EAGAIN) {
		tool_error("standard input: %s", strerror(errno));
		return TOOL_USAGE;
	}
	return TOOL_OK;
}

int tool_pass(SSL *ssl, const struct tlsbind_connection *attested, bool allow_rekey)
{
	struct tool_pump pump = {
		.ssl = ssl,
		.attested = allow_rekey ? NULL : attested,
		.input = true,
	};
	int fd = SSL_get_fd(ssl), ret = TOOL_OK;

	fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
	for (;;) {
		ret = tool_pump_receive(&pump);
		if (ret || pump.closed)
			break;
		ret = tool_pump_send(&pump);
		if (!ret)
			ret = tool_pump_wait(&pump);
		if (ret || pump.closed)
			break;
	}
	if (!ret && pump.used) {
		tool_error("the peer ended the connection before everything was sent");
		ret = TOOL_CONNECT;
	}
	if (ret != TOOL_CONNECT)
		SSL_shutdown(ssl);
	OPENSSL_cleanse(pump.buffer, sizeof(pump.buffer));
	return ret;
}
