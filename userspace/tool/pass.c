/* SPDX-License-Identifier: MIT */
/*
 * Standard input to the peer, the peer to standard output, as s_client -quiet
 * does: end of input does not end the connection, the peer does. Or a socket, whose two
 * directions end one by one.
 *
 * One buffer for each direction, and none is read into before it is empty: whoever does
 * not take what is for him is not read from either, and nothing piles up.
 *
 * With a renewal of the evidence, what may pass is looked at in each turn: behind what was received,
 * because that may have come behind a KeyUpdate, and before anything is handed on or sent.
 * While it is held, one buffer of either direction fills and stays where it is. Only a record
 * that OpenSSL has begun to send goes on: it is encrypted already, under the key that
 * the evidence is about, and as large as the buffer, so nothing follows it.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <openssl/err.h>
#include "renewal.h"
#include "tool.h"

/**
 * struct tool_buffer - bytes on their way
 * @data: the bytes
 * @used: how many there are
 * @done: how many of them are gone
 */
struct tool_buffer {
	char data[16384];
	size_t used;
	size_t done;
};

/**
 * struct tool_pump - state of the two directions
 * @ssl: the connection, its socket not blocking
 * @attested: what the evidence was about; NULL if later keys are welcome too
 * @renewal: of the evidence; NULL if it counts for ever
 * @ends: from where, and where to
 * @input: there may be more to read from @ends->in
 * @told: the peer knows that there will be no more
 * @closed: the peer said close_notify
 * @handed: @ends->out knows
 * @sending: for the peer; OpenSSL wants it to stay where it is until it is gone
 * @received: from the peer
 * @writing: OpenSSL has begun to send @sending
 * @held: keys changed, and there is no evidence about them yet
 * @reset: what waits to be sent must not be
 * @want_write: OpenSSL waits until it can send
 * @progress: something moved
 */
struct tool_pump {
	SSL *ssl;
	const struct tlsbind_connection *attested;
	struct tool_renewal *renewal;
	const struct tool_ends *ends;
	bool input;
	bool told;
	bool closed;
	bool handed;
	struct tool_buffer sending;
	struct tool_buffer received;
	bool writing;
	bool held;
	bool reset;
	bool want_write;
	bool progress;
};

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

/* Nothing is handed on that came under other keys than those of the evidence. */
static int tool_pump_receive(struct tool_pump *pump)
{
	struct tool_buffer *to = &pump->received;
	int ret;

	if (to->used || pump->closed)
		return TOOL_OK;
	ret = SSL_read_ex(pump->ssl, to->data, sizeof(to->data), &to->used);
	if (ret == 1) {
		pump->progress = true;
		return tool_pump_same_keys(pump);
	}
	to->used = 0;
	if (tool_pump_retry(pump, ret)) {
		pump->progress |= pump->closed;
		return tool_pump_same_keys(pump);
	}
	tool_error("the peer ended the connection without saying so");
	return TOOL_CONNECT;
}

static int tool_pump_deliver(struct tool_pump *pump)
{
	struct tool_buffer *from = &pump->received;
	ssize_t n;

	if (!from->used)
		return TOOL_OK;
	n = write(pump->ends->out, from->data + from->done, from->used - from->done);
	if (n < 0 && errno != EINTR && errno != EAGAIN) {
		tool_error("%s: %s", pump->ends->socket ? "local connection" : "standard output",
			   strerror(errno));
		return TOOL_USAGE;
	}
	if (n <= 0)
		return TOOL_OK;
	pump->progress = true;
	from->done += (size_t)n;
	if (from->done == from->used)
		from->used = from->done = 0;
	return TOOL_OK;
}

static int tool_pump_send(struct tool_pump *pump)
{
	struct tool_buffer *from = &pump->sending;
	size_t n;
	int ret;

	if (!from->used)
		return TOOL_OK;
	ret = SSL_write_ex(pump->ssl, from->data, from->used, &n);
	pump->writing = ret != 1;
	if (ret == 1) {
		from->used = 0;
		pump->progress = true;
		return TOOL_OK;
	}
	if (tool_pump_retry(pump, ret))
		return TOOL_OK;
	tool_error("cannot send");
	return TOOL_CONNECT;
}

/*
 * A KeyUpdate that the peer requested. OpenSSL would send it with the next data, but there is
 * none before evidence about the new key. It waits for a record that is under way, and after
 * close_notify nothing more is sent.
 */
static int tool_pump_update(struct tool_pump *pump)
{
	SSL *ssl = pump->ssl;
	int ret;

	if (pump->writing || SSL_get_shutdown(ssl) & SSL_SENT_SHUTDOWN)
		return TOOL_OK;
	if (!SSL_in_init(ssl) && SSL_get_key_update_type(ssl) == SSL_KEY_UPDATE_NONE)
		return TOOL_OK;
	if (SSL_in_init(ssl) || SSL_key_update(ssl, SSL_KEY_UPDATE_NOT_REQUESTED) == 1) {
		ret = SSL_do_handshake(ssl);
		if (ret == 1 || tool_pump_retry(pump, ret))
			return TOOL_OK;
	}
	tool_error("cannot update the key");
	return TOOL_CONNECT;
}

/*
 * What came last, the end included, counts only if its key does. libcurl and the verification
 * leave errors in the queue in which OpenSSL would look for those of the connection.
 */
static int tool_pump_renew(struct tool_pump *pump)
{
	int ret;

	if (!pump->renewal)
		return TOOL_OK;
	ret = tool_pump_update(pump);
	if (ret)
		return ret;
	ret = tool_renewal_turn(pump->renewal, &pump->held);
	ERR_clear_error();
	pump->reset = ret;
	return ret;
}

/* A socket whose one direction is over has another one; so have the peer and TLS 1.3. */
static int tool_pump_half_close(struct tool_pump *pump)
{
	int ret;

	if (pump->closed && !pump->received.used && !pump->handed) {
		pump->handed = true;
		shutdown(pump->ends->out, SHUT_WR);
	}
	if (pump->input || pump->sending.used || pump->told)
		return TOOL_OK;
	ret = SSL_shutdown(pump->ssl);
	pump->told = ret >= 0;
	pump->progress |= pump->told;
	if (pump->told || tool_pump_retry(pump, ret))
		return TOOL_OK;
	tool_error("cannot end the connection");
	return TOOL_CONNECT;
}

static int tool_pump_fetch(struct tool_pump *pump)
{
	struct tool_buffer *to = &pump->sending;
	ssize_t n = read(pump->ends->in, to->data, sizeof(to->data));

	if (n > 0)
		to->used = (size_t)n;
	else if (!n)
		pump->input = false;
	else if (errno != EINTR && errno != EAGAIN) {
		tool_error("%s: %s", pump->ends->socket ? "local connection" : "standard input",
			   strerror(errno));
		return TOOL_USAGE;
	}
	return TOOL_OK;
}

/* What is not waited for is not asked for: it might be there, again and again. */
static int tool_pump_wait(struct tool_pump *pump)
{
	bool receive = !pump->received.used && !pump->closed;
	struct pollfd fds[3] = {
		{ .fd = receive || pump->want_write ? SSL_get_fd(pump->ssl) : -1 },
		{ .fd = pump->input && !pump->sending.used ? pump->ends->in : -1, .events = POLLIN },
		{ .fd = pump->received.used && !pump->held ? pump->ends->out : -1, .events = POLLOUT },
	};
	int ready;

	if (receive)
		fds[0].events |= POLLIN;
	if (pump->want_write)
		fds[0].events |= POLLOUT;
	pump->want_write = false;
	ready = pump->renewal ? tool_renewal_poll(pump->renewal, fds) : poll(fds, 3, -1);
	if (ready < 0)
		return errno == EINTR ? TOOL_OK : TOOL_CONNECT;
	return fds[1].revents ? tool_pump_fetch(pump) : TOOL_OK;
}

static bool tool_pump_over(const struct tool_pump *pump)
{
	if (!pump->closed || pump->received.used || pump->held)
		return false;
	return !pump->ends->socket || pump->told;
}

/* The next of these steps is not reached by what an earlier one refused. */
static int tool_pump_turn(struct tool_pump *pump)
{
	bool sends;
	int ret;

	pump->progress = false;
	ret = tool_pump_receive(pump);
	if (!ret)
		ret = tool_pump_renew(pump);
	if (!ret && !pump->held)
		ret = tool_pump_deliver(pump);
	sends = pump->held ? pump->writing : !pump->closed || pump->ends->socket;
	if (!ret && sends)
		ret = tool_pump_send(pump);
	if (!ret && !pump->held && pump->ends->socket)
		ret = tool_pump_half_close(pump);
	if (!ret && !pump->progress && !tool_pump_over(pump))
		ret = tool_pump_wait(pump);
	return ret;
}

int tool_pass(SSL *ssl, const struct tlsbind_connection *attested, struct tool_renewal *renewal,
	      const struct tool_ends *ends)
{
	struct tool_pump pump = {
		.ssl = ssl,
		.attested = attested,
		.renewal = renewal,
		.ends = ends,
		.input = true,
	};
	int fd = SSL_get_fd(ssl), ret;

	fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
	do
		ret = tool_pump_turn(&pump);
	while (!ret && !tool_pump_over(&pump));
	if (!ret && pump.sending.used) {
		tool_error("the peer ended the connection before everything was sent");
		ret = TOOL_CONNECT;
	}
	if (pump.reset)
		tool_tls_reset(ssl);
	else if (ret != TOOL_CONNECT)
		SSL_shutdown(ssl);
	OPENSSL_cleanse(&pump.sending, sizeof(pump.sending));
	OPENSSL_cleanse(&pump.received, sizeof(pump.received));
	return ret;
}
