/* SPDX-License-Identifier: MIT */
/*
 * Configurations that switch kernel TLS on, and change nothing else.
 *
 * OpenSSL reads one file. Ours includes the one that would have been read, and goes on in
 * the sections that this one ends up with: where a program finds the settings of
 * every TLS context is told by three names, each in the section that the one before
 * names. Where one is missing, it is added. Whatever stands before the first dot of a
 * setting's name is ignored, so that ours comes beside "Options", not in its place.
 *
 * GnuTLS reads one file, too, and can include nothing: ours is a copy with two lines more.
 * Settings that come later count.
 */
#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <openssl/conf.h>
#include <openssl/crypto.h>
#include "exec.h"

#define EXEC_SECTIONS	3

/* From one section to the next, and what the next one is called if there is none. */
static const char *const exec_names[EXEC_SECTIONS][2] = {
	{ "openssl_conf", "tlsbind_exec" },
	{ "ssl_conf", "tlsbind_exec_ssl" },
	{ "system_default", "tlsbind_exec_system_default" },
};

/* Return: the file that OpenSSL would read, to be freed; "" for none; NULL after a message. */
static char *exec_openssl_file(void)
{
	char *name = CONF_get1_default_config_file(), *path = NULL;

	if (name && *name)
		path = realpath(name, NULL);
	else
		path = strdup("");
	/* OpenSSL does without a file that is not there, but not without one it cannot read. */
	if (!path && name && errno == ENOENT)
		path = strdup("");
	if (!path)
		tool_error("%s: %s", name ? name : "configuration of OpenSSL", strerror(errno));
	OPENSSL_free(name);
	return path;
}

/* What can be written as a name of a section again. */
static bool exec_plain(const char *name)
{
	return *name && strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				     "0123456789_-. ") == strlen(name);
}

/* Follow the names. Return: false after a message. */
static bool exec_openssl_sections(const CONF *conf, const char *path,
				  const char *sections[EXEC_SECTIONS])
{
	const char *in = "default";
	size_t i;

	for (i = 0; i < EXEC_SECTIONS; i++) {
		const char *name = in ? NCONF_get_string(conf, in, exec_names[i][0]) : NULL;

		in = name;
		sections[i] = name ? name : exec_names[i][1];
		if (exec_plain(sections[i]))
			continue;
		tool_message("%s: strange name of a section: %s", path, sections[i]);
		return false;
	}
	return true;
}

/* A path as a value: every byte that means something is escaped. */
static void exec_put_path(FILE *out, const char *path)
{
	for (; *path; path++) {
		if (!strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._-",
			    *path))
			fputc('\\', out);
		fputc(*path, out);
	}
}

static void exec_openssl_put(FILE *out, const char *original, const char *sections[EXEC_SECTIONS])
{
	const char *in = "default";
	size_t i;

	fputs("# Made by tlsbind exec.\n", out);
	if (*original) {
		fputs(".include = ", out);
		exec_put_path(out, original);
		fputc('\n', out);
	}
	for (i = 0; i < EXEC_SECTIONS; i++) {
		fprintf(out, "[%s]\n%s = %s\n", in, exec_names[i][0], sections[i]);
		in = sections[i];
	}
	fprintf(out, "[%s]\ntlsbind.Options = KTLS\n", in);
}

static int exec_close(FILE *file, const char *path)
{
	bool failed = ferror(file);

	if (!fclose(file) && !failed)
		return 0;
	tool_message("%s: %s", path, strerror(errno));
	return -1;
}

static int exec_openssl_write(const char *path, const char *original,
			      const char *sections[EXEC_SECTIONS])
{
	FILE *out = fopen(path, "wxe");

	if (!out) {
		tool_message("%s: %s", path, strerror(errno));
		return -1;
	}
	exec_openssl_put(out, original, sections);
	return exec_close(out, path);
}

int tool_exec_openssl(const char *path)
{
	const char *sections[EXEC_SECTIONS];
	char *original = exec_openssl_file();
	CONF *conf = NCONF_new(NULL);
	long line = 0;
	int ret = -1;

	if (!conf)
		tool_error("out of memory");
	else if (original && *original && NCONF_load(conf, original, &line) != 1)
		tool_error("%s: line %ld: not a configuration of OpenSSL", original, line);
	else if (original && exec_openssl_sections(conf, original, sections))
		ret = exec_openssl_write(path, original, sections);
	NCONF_free(conf);
	free(original);
	return ret;
}

/*
 * Where the machine's GnuTLS looks, only it knows: distributions build in different paths,
 * and what is there may be a policy that must stay in force. Return: to be freed; NULL if
 * there is none.
 */
static char *exec_gnutls_file(void)
{
	const char *name = getenv("GNUTLS_SYSTEM_PRIORITY_FILE");
	const char *(*get)(void);
	char *path = NULL;
	void *library;

	if (name)
		return strdup(name);
	library = dlopen("libgnutls.so.30", RTLD_LAZY | RTLD_LOCAL);
	if (!library)
		return NULL;
	*(void **)&get = dlsym(library, "gnutls_get_system_config_file");
	name = get ? get() : NULL;
	if (name)
		path = strdup(name);
	dlclose(library);
	return path;
}

static void exec_copy(FILE *from, FILE *to)
{
	char data[4096];
	size_t n;

	do {
		n = fread(data, 1, sizeof(data), from);
		fwrite(data, 1, n, to);
	} while (n == sizeof(data));
}

/* A file that is not there is as if it were empty; GnuTLS sees it like that, too. */
static int exec_gnutls_write(const char *path, const char *original)
{
	FILE *in = fopen(original, "re"), *out = NULL;
	bool good = in || errno == ENOENT;

	if (!good)
		tool_message("%s: %s", original, strerror(errno));
	else
		out = fopen(path, "wxe");
	if (good && !out)
		tool_message("%s: %s", path, strerror(errno));
	if (in && out) {
		exec_copy(in, out);
		good = !ferror(in);
		if (!good)
			tool_message("%s: %s", original, strerror(errno));
	}
	if (in)
		fclose(in);
	if (!out)
		return -1;
	fputs("\n[global]\nktls = true\n", out);
	return exec_close(out, path) || !good ? -1 : 0;
}

int tool_exec_gnutls(const char *path)
{
	char *original = exec_gnutls_file();
	int ret;

	if (!original)
		return 1;
	ret = exec_gnutls_write(path, original);
	free(original);
	return ret;
}
