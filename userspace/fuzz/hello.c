/* SPDX-License-Identifier: MIT */
/* ClientHello and ServerHello, the first bytes of a stranger. */
#include <string.h>
#include "fuzz.h"
#include "hello.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct tlsbind_hello none;
	struct tlsbind_hello hello;

	if (tlsbind_hello_server(data, size, &hello))
		FUZZ_HOLDS(!memcmp(&hello, &none, sizeof(hello)));
	if (tlsbind_hello_client(data, size, &hello))
		FUZZ_HOLDS(!memcmp(&hello, &none, sizeof(hello)));
	FUZZ_HOLDS(!hello.retry);
	return 0;
}
