// SPDX-License-Identifier: MIT
/*
 * hold-gate: a connection over loopback with known keys that a rule holds, and the judge,
 * who says "ready" then, and admits it at the end of standard input. For shell tests; no
 * test by itself.
 */
#define _GNU_SOURCE
#include <stdio.h>

#include "rules-line.h"
#include "gate.h"

int main(void)
{
	struct ktls_key tx = ktls_key(SUITE, 1), rx = ktls_key(SUITE, 2);
	struct gate_waiter w;
	struct gate_hold hold;
	struct genl judge;
	int fd[2];
	char c;

	gate_judge(&judge);
	if (ktls_tcp_pair(AF_INET, fd) || ktls_attach(fd[0]) || ktls_install(fd[0], TLS_TX, &tx))
		tap_bail("keys: %s", strerror(errno));
	gate_start(&w, fd[0], TLS_RX, &rx);
	if (gate_next(&judge, &hold))
		tap_bail("nobody is held");
	puts("ready");
	fflush(stdout);
	while (read(STDIN_FILENO, &c, 1) > 0)
		;
	if (gate_verdict(&judge, hold.handle, TLSBIND_DECISION_ADMIT) || gate_join(&w))
		tap_bail("not admitted");
	return 0;
}
