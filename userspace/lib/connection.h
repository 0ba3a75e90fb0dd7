/* SPDX-License-Identifier: MIT */
#ifndef TLSBIND_CONNECTION_H
#define TLSBIND_CONNECTION_H

#include "tlsbind.h"

/** tlsbind_connection_facts() - what only the TLS stack knows, into a connection */
void tlsbind_connection_facts(struct tlsbind_connection *conn,
			      const struct tlsbind_handshake *handshake);

#endif /* TLSBIND_CONNECTION_H */
