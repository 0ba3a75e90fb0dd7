/* SPDX-License-Identifier: MIT */
#include <sys/socket.h>
#include <unistd.h>
#include "asked.h"

void asked_begin(struct asked *a)
{
	char address[32];

	a->listener = peer_listen(address);
	a->fd = -1;
	snprintf(a->url, sizeof(a->url), "http://%s", address);
}

void asked_end(struct asked *a)
{
	close(a->listener);
}

void asked_take(struct asked *a, struct peer *p)
{
	uint8_t id[TLSBIND_CONNECTION_ID_SIZE];
	char data[8192] = "", *body;
	size_t used = 0;
	ssize_t n;

	a->fd = accept4(a->listener, NULL, NULL, SOCK_CLOEXEC);
	assert_true(a->fd >= 0);
	while (!strchr(data, '}')) {
		n = read(a->fd, data + used, sizeof(data) - used - 1);
		assert_true(n > 0);
		used += (size_t)n;
		data[used] = '\0';
	}
	body = strstr(data, "\r\n\r\n") + 4;
	assert_int_equal(tlsbind_challenge_decode(body, strlen(body), a->nonce, a->id), 0);
	peer_id(p, id);
	assert_memory_equal(a->id, id, sizeof(id));
}

void asked_answer(struct asked *a, const char *status, const char *body)
{
	char *text;
	int len = asprintf(&text, "HTTP/1.1 %s\r\nContent-Length: %zu\r\nConnection: close\r\n\r\n%s",
			   status, strlen(body), body);

	assert_int_equal(write(a->fd, text, (size_t)len), len);
	close(a->fd);
	a->fd = -1;
	free(text);
}

void asked_evidence(struct asked *a, struct peer *p, unsigned int tx, unsigned int rx)
{
	char *cmw = peer_cmw(p, a->nonce, tx, rx);

	asked_answer(a, "200 OK", cmw);
	free(cmw);
}
