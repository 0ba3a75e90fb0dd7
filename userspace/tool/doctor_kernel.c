/* SPDX-License-Identifier: MIT */
/* doctor: what the kernel has, without the module. */
#include <errno.h>
#include <linux/if_alg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "doctor.h"
#include "tool.h"

#define DOCTOR_COUNT(array)	(sizeof(array) / sizeof((array)[0]))

/**
 * struct doctor_config - a configuration option
 * @name: without CONFIG_
 * @state: if it is off
 * @why: it is wanted
 */
static const struct doctor_config {
	const char *name;
	enum doctor_state state;
	const char *why;
} doctor_configs[] = {
	/* Those that are missed are the ones in dkms.conf. */
	{ "TLS", DOCTOR_MISSING, "kernel TLS itself" },
	{ "DYNAMIC_FTRACE_WITH_ARGS", DOCTOR_MISSING, "to see keys being installed" },
	{ "CONFIGFS_FS", DOCTOR_MISSING, "the way to the provider of reports" },
	{ "TSM_REPORTS", DOCTOR_MISSING, "to have the hardware sign" },
	{ "CRYPTO_SHA512", DOCTOR_MISSING, "commitments to keys" },
	{ "FS_VERITY", DOCTOR_WARNING, "rules with exe fsverity:" },
	{ "IMA", DOCTOR_WARNING, "rules with exe ima:" },
	{ "AUDIT", DOCTOR_WARNING, "records of keys that were refused" },
};

/* The configuration, from where distributions put it. */
static char *doctor_config_text(const struct doctor *d)
{
	static const char *const paths[] = {
		"/boot/config-%s", "/lib/modules/%s/config", "/usr/lib/modules/%s/config",
		"/lib/modules/%s/build/.config",
	};
	char path[512], *text = NULL;
	size_t i, len;

	for (i = 0; !text && i < DOCTOR_COUNT(paths); i++) {
		const char *at = strchr(paths[i], '%');

		len = (size_t)(at - paths[i]);
		snprintf(path, sizeof(path), "%.*s%s%s", (int)len, paths[i], d->release, at + 2);
		text = tool_doctor_read(d, path, NULL);
	}
	return text;
}

static bool doctor_config_on(const char *text, const char *name)
{
	char line[64];
	size_t len = (size_t)snprintf(line, sizeof(line), "CONFIG_%s=", name);
	const char *at = text;

	while ((at = strstr(at, line))) {
		if ((at == text || at[-1] == '\n') && (at[len] == 'y' || at[len] == 'm'))
			return true;
		at += len;
	}
	return false;
}

static void doctor_config(struct doctor *d)
{
	char *text = doctor_config_text(d);
	char name[64], detail[128];
	size_t i;

	if (!text)
		tool_doctor_say(d, "config", DOCTOR_UNKNOWN, "the kernel's configuration is not there",
				"install /boot/config-RELEASE");
	for (i = 0; text && i < DOCTOR_COUNT(doctor_configs); i++) {
		const struct doctor_config *c = &doctor_configs[i];
		bool on = doctor_config_on(text, c->name);

		snprintf(name, sizeof(name), "config.%s", c->name);
		snprintf(detail, sizeof(detail), "%s, for %s", on ? "on" : "off", c->why);
		tool_doctor_say(d, name, on ? DOCTOR_OK : c->state, detail,
				"use a kernel that is built with it");
	}
	free(text);
}

/* The series that the module is made for: those that dkms.conf has. */
static void doctor_release(struct doctor *d)
{
	unsigned long major, minor = 0;
	char *end;

	major = strtoul(d->release, &end, 10);
	if (*end == '.')
		minor = strtoul(end + 1, NULL, 10);
	if (major == 7 || (major == 6 && minor == 12))
		tool_doctor_say(d, "kernel", DOCTOR_OK, d->release, "");
	else
		tool_doctor_say(d, "kernel", major < 6 || (major == 6 && minor < 12) ?
				DOCTOR_MISSING : DOCTOR_WARNING, d->release,
				"use Linux 6.12 or 7.x; nothing else has been tried");
}

static void doctor_ktls(struct doctor *d)
{
	char *ulps = tool_doctor_read(d, "/proc/sys/net/ipv4/tcp_available_ulp", NULL);

	if (!ulps)
		tool_doctor_say(d, "ktls", DOCTOR_UNKNOWN, "tcp_available_ulp cannot be read", "");
	else if (strstr(ulps, "tls"))
		tool_doctor_say(d, "ktls", DOCTOR_OK, "kernel TLS is there", "");
	else
		tool_doctor_say(d, "ktls", DOCTOR_MISSING, "no kernel TLS", "modprobe tls");
	free(ulps);
}

static void doctor_ftrace(struct doctor *d)
{
	char *on = tool_doctor_read(d, "/proc/sys/kernel/ftrace_enabled", NULL);

	if (!on)
		tool_doctor_say(d, "ftrace", DOCTOR_MISSING, "no ftrace in this kernel",
				"use a kernel with CONFIG_FUNCTION_TRACER");
	else if (*on == '1')
		tool_doctor_say(d, "ftrace", DOCTOR_OK, "on", "");
	else
		tool_doctor_say(d, "ftrace", DOCTOR_MISSING, "off",
				"sysctl kernel.ftrace_enabled=1");
	free(on);
}

/* What is in use, or was, is listed. */
static bool doctor_cipher_listed(struct doctor *d, const char *name)
{
	char *list = tool_doctor_read(d, "/proc/crypto", NULL), line[96];
	bool listed;

	snprintf(line, sizeof(line), "name         : %s\n", name);
	listed = list && strstr(list, line);
	free(list);
	return listed;
}

/* The kernel loads it when kTLS asks. */
static bool doctor_cipher_in_module(struct doctor *d, const char *module)
{
	static const char *const lists[] = { "modules.dep", "modules.builtin" };
	char path[512], file[64];
	bool found = false;
	size_t i;

	snprintf(file, sizeof(file), "/%s.ko", module);
	for (i = 0; !found && i < DOCTOR_COUNT(lists); i++) {
		char *list;

		snprintf(path, sizeof(path), "/lib/modules/%s/%s", d->release, lists[i]);
		list = tool_doctor_read(d, path, NULL);
		found = list && strstr(list, file);
		free(list);
	}
	return found;
}

/* Has the kernel look for it, and load the module that has it. */
static enum doctor_state doctor_cipher_state(const char *name)
{
	struct sockaddr_alg address = { .salg_family = AF_ALG, .salg_type = "aead" };
	int fd = socket(AF_ALG, SOCK_SEQPACKET | SOCK_CLOEXEC, 0), ret;

	if (fd < 0)
		return DOCTOR_UNKNOWN;
	snprintf((char *)address.salg_name, sizeof(address.salg_name), "%s", name);
	ret = bind(fd, (struct sockaddr *)&address, sizeof(address)) ? errno : 0;
	close(fd);
	if (!ret)
		return DOCTOR_OK;
	/* Some kernels do not let AF_ALG find what kTLS would. */
	return ret == ENOENT ? DOCTOR_WARNING : DOCTOR_UNKNOWN;
}

static void doctor_ciphers(struct doctor *d)
{
	static const struct {
		const char *name;
		const char *algorithm;
		const char *module;
	} ciphers[] = {
		{ "cipher.aes-gcm", "gcm(aes)", "gcm" },
		{ "cipher.chacha20-poly1305", "rfc7539(chacha20,poly1305)", "chacha20poly1305" },
		{ "cipher.aes-ccm", "ccm(aes)", "ccm" },
	};
	static const char *const details[] = { "there", "not seen", "",
					       "cannot be asked for (no AF_ALG)" };
	size_t i;

	for (i = 0; i < DOCTOR_COUNT(ciphers); i++) {
		enum doctor_state state = DOCTOR_OK;
		const char *detail = "there, in a module";

		if (doctor_cipher_listed(d, ciphers[i].algorithm)) {
			detail = details[state];
		} else if (!doctor_cipher_in_module(d, ciphers[i].module)) {
			state = doctor_cipher_state(ciphers[i].algorithm);
			detail = details[state];
		}
		tool_doctor_say(d, ciphers[i].name, state, detail,
				state == DOCTOR_UNKNOWN ? "modprobe algif_aead" :
				"load the modules of this cipher: connections that choose it are "
				"not attested");
	}
}

void tool_doctor_kernel(struct doctor *d)
{
	doctor_release(d);
	doctor_config(d);
	doctor_ktls(d);
	doctor_ftrace(d);
	doctor_ciphers(d);
}
