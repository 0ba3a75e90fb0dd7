/* SPDX-License-Identifier: MIT */
/* What doctor makes of machines that are only files; output of numbers. */
#include <sys/stat.h>
#include <unistd.h>
#include "common.h"
#include "doctor.h"
#include "nl.h"
#include "stats.h"

static char root[64];

/* A file below the root, and the directories to it. */
static void put(const char *path, const char *data, size_t len)
{
	char full[512], *slash;
	size_t written;
	FILE *file;

	snprintf(full, sizeof(full), "%s%s", root, path);
	for (slash = full + strlen(root) + 1; (slash = strchr(slash, '/')); slash++) {
		*slash = '\0';
		if (mkdir(full, 0700))
			assert_int_equal(errno, EEXIST);
		*slash = '/';
	}
	file = fopen(full, "we");
	assert_non_null(file);
	written = fwrite(data, 1, len, file);
	fclose(file);
	assert_int_equal(written, len);
}

#define PUT(path, text)	put(path, text, sizeof(text) - 1)

static void unlink_below(const char *path)
{
	char full[512];

	snprintf(full, sizeof(full), "%s%s", root, path);
	unlink(full);
}

/* Findings of one part; to be freed with json_decref(). */
static json_t *examine(void (*part)(struct doctor *d), const char *release, unsigned int *missing)
{
	struct tool_print print;
	struct doctor d = { .print = &print, .root = root, .release = release };
	char *text;
	size_t len;
	FILE *file = open_memstream(&text, &len);
	json_t *checks;

	tool_print_begin(&print, file, true);
	tool_print_array(&print, NULL);
	part(&d);
	tool_print_close(&print);
	fclose(file);
	checks = json_loads(text, 0, NULL);
	free(text);
	assert_non_null(checks);
	*missing = d.missing;
	return checks;
}

static const char *look(json_t *checks, const char *name, const char *member)
{
	size_t i;
	json_t *check;

	json_array_foreach(checks, i, check)
		if (!strcmp(json_string_value(json_object_get(check, "name")), name))
			return json_string_value(json_object_get(check, member));
	return "not examined";
}

static const char *detail_of(json_t *checks, const char *name)
{
	return look(checks, name, "detail");
}

static void assert_state(json_t *checks, const char *name, const char *state)
{
	assert_string_equal(look(checks, name, "state"), state);
}

static void a_good_kernel_lacks_nothing(void **state)
{
	unsigned int missing;
	json_t *checks;

	(void)state;
	PUT("/boot/config-6.12.1", "CONFIG_TLS=m\nCONFIG_DYNAMIC_FTRACE_WITH_ARGS=y\n"
	    "CONFIG_CONFIGFS_FS=m\nCONFIG_TSM_REPORTS=m\nCONFIG_CRYPTO_SHA512=y\n"
	    "CONFIG_FS_VERITY=y\nCONFIG_IMA=y\nCONFIG_AUDIT=y\n");
	PUT("/proc/sys/net/ipv4/tcp_available_ulp", "espintcp mptcp tls\n");
	PUT("/proc/sys/kernel/ftrace_enabled", "1\n");
	checks = examine(tool_doctor_kernel, "6.12.1", &missing);
	assert_state(checks, "kernel", "ok");
	assert_state(checks, "config.TLS", "ok");
	assert_state(checks, "config.IMA", "ok");
	assert_state(checks, "ktls", "ok");
	assert_state(checks, "ftrace", "ok");
	assert_int_equal(missing, 0);
	json_decref(checks);
}

/* A series that nobody has tried may work, but nobody knows. */
static void a_kernel_that_was_never_tried_is_a_warning(void **state)
{
	static const struct {
		const char *release;
		const char *state;
	} releases[] = {
		{ "5.10.0", "missing" }, { "6.1.0", "missing" }, { "6.11.99", "missing" },
		{ "6.12.0-rc1", "ok" }, { "6.12", "ok" }, { "6.13.0", "warning" },
		{ "6.19.3", "warning" }, { "6.120.0", "warning" }, { "7.0-rc1", "ok" },
		{ "7.3.4+deb13-cloud-amd64", "ok" }, { "8.0.0", "warning" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(releases) / sizeof(releases[0]); i++) {
		unsigned int missing;
		json_t *checks = examine(tool_doctor_kernel, releases[i].release, &missing);

		assert_state(checks, "kernel", releases[i].state);
		json_decref(checks);
	}
}

/* They need not be loaded: kTLS has that done. */
static void a_cipher_that_can_be_loaded_is_there(void **state)
{
	unsigned int missing;
	json_t *checks;

	(void)state;
	PUT("/proc/crypto", "name         : ccm(aes)\ndriver       : x\n");
	PUT("/lib/modules/6.12.7/modules.dep", "kernel/crypto/gcm.ko.xz: kernel/crypto/ghash.ko.xz\n"
	    "kernel/crypto/notchacha20poly1305.ko:\n");
	PUT("/lib/modules/6.12.7/modules.builtin", "kernel/crypto/chacha20poly1305.ko\n");
	checks = examine(tool_doctor_kernel, "6.12.7", &missing);
	assert_string_equal(detail_of(checks, "cipher.aes-ccm"), "there");
	assert_string_equal(detail_of(checks, "cipher.aes-gcm"), "there, in a module");
	assert_string_equal(detail_of(checks, "cipher.chacha20-poly1305"), "there, in a module");
	assert_state(checks, "cipher.aes-gcm", "ok");
	json_decref(checks);
}

static void a_bad_kernel_is_told_what_it_lacks(void **state)
{
	unsigned int missing;
	json_t *checks;

	(void)state;
	PUT("/boot/config-6.11.9", "# CONFIG_TLS is not set\nNO_CONFIG_TSM_REPORTS=y\n"
	    "CONFIG_CRYPTO_SHA512=n\nCONFIG_AUDIT_GENERIC=y\nCONFIG_DYNAMIC_FTRACE_WITH_ARGS=y");
	PUT("/proc/sys/net/ipv4/tcp_available_ulp", "espintcp\n");
	PUT("/proc/sys/kernel/ftrace_enabled", "0\n");
	checks = examine(tool_doctor_kernel, "6.11.9", &missing);
	assert_state(checks, "kernel", "missing");
	assert_state(checks, "config.TLS", "missing");
	assert_state(checks, "config.TSM_REPORTS", "missing");
	assert_state(checks, "config.CRYPTO_SHA512", "missing");
	assert_state(checks, "config.DYNAMIC_FTRACE_WITH_ARGS", "ok");
	assert_state(checks, "config.AUDIT", "warning");
	assert_state(checks, "ktls", "missing");
	assert_state(checks, "ftrace", "missing");
	assert_state(checks, "config.CONFIGFS_FS", "missing");
	assert_int_equal(missing, 7);
	json_decref(checks);
	checks = examine(tool_doctor_kernel, "7.0-rc1", &missing);
	assert_state(checks, "config", "unknown");
	json_decref(checks);
}

static void what_can_change_the_kernel_is_a_warning(void **state)
{
	unsigned int missing;
	json_t *checks;

	(void)state;
	checks = examine(tool_doctor_boot, "6.12", &missing);
	assert_state(checks, "secure-boot", "warning");
	assert_state(checks, "lockdown", "unknown");
	assert_state(checks, "module-signatures", "warning");
	json_decref(checks);
	PUT("/sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c",
	    "\6\0\0\0\1");
	PUT("/sys/kernel/security/lockdown", "none [integrity] confidentiality\n");
	PUT("/sys/module/module/parameters/sig_enforce", "Y\n");
	checks = examine(tool_doctor_boot, "6.12", &missing);
	assert_state(checks, "secure-boot", "ok");
	assert_state(checks, "lockdown", "ok");
	assert_state(checks, "module-signatures", "ok");
	json_decref(checks);
	PUT("/sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c",
	    "\6\0\0\0\0");
	PUT("/sys/kernel/security/lockdown", "[none] integrity confidentiality\n");
	PUT("/sys/module/module/parameters/sig_enforce", "N\n");
	checks = examine(tool_doctor_boot, "6.12", &missing);
	assert_state(checks, "secure-boot", "warning");
	assert_state(checks, "lockdown", "warning");
	assert_state(checks, "module-signatures", "warning");
	assert_int_equal(missing, 0);
	json_decref(checks);
	/* Lockdown asks for signatures by itself. */
	PUT("/sys/kernel/security/lockdown", "none [integrity] confidentiality\n");
	checks = examine(tool_doctor_boot, "6.12", &missing);
	assert_state(checks, "module-signatures", "ok");
	assert_string_equal(detail_of(checks, "module-signatures"), "required (by lockdown)");
	json_decref(checks);
	PUT("/sys/kernel/security/lockdown", "none integrity [confidentiality]\n");
	checks = examine(tool_doctor_boot, "6.12", &missing);
	assert_state(checks, "module-signatures", "ok");
	json_decref(checks);
}

#define FTRACE	"/sys/kernel/tracing/enabled_functions"
#define HOOK	" (1) R I     M  tramp: 0xffffffffc0000000 (tlsbind_hook+0x0/0x10 [tlsbind])\n"

static void a_hook_that_is_not_armed_is_missing(void **state)
{
	unsigned int missing;
	json_t *checks;

	(void)state;
	unlink_below(FTRACE);
	checks = examine(tool_doctor_hooks, "6.12", &missing);
	assert_state(checks, "hooks", "unknown");
	assert_int_equal(missing, 0);
	json_decref(checks);
	PUT(FTRACE, "tls_setsockopt" HOOK "tls_getsockopt" HOOK "tls_sk_proto_close" HOOK);
	checks = examine(tool_doctor_hooks, "6.12", &missing);
	assert_state(checks, "hooks", "ok");
	assert_int_equal(missing, 0);
	json_decref(checks);
	/* Another function's hook, and one that only looks. */
	PUT(FTRACE, "tls_setsockopt" HOOK "tls_getsockopt_old" HOOK "tls_sk_proto_close" HOOK);
	checks = examine(tool_doctor_hooks, "6.12", &missing);
	assert_state(checks, "hooks", "missing");
	assert_string_equal(detail_of(checks, "hooks"), "tls_getsockopt");
	assert_int_equal(missing, 1);
	json_decref(checks);
	PUT(FTRACE, "tls_setsockopt" HOOK "tls_getsockopt" HOOK "tls_sk_proto_close (1) R\n");
	checks = examine(tool_doctor_hooks, "6.12", &missing);
	assert_string_equal(detail_of(checks, "hooks"), "tls_sk_proto_close");
	assert_int_equal(missing, 1);
	json_decref(checks);
}

/* What the module would answer. */
static struct nl_msg *answer;
static tool_nl_answer *examiner;

static void take_answer(struct doctor *d)
{
	assert_int_equal(examiner(nlmsg_hdr(answer), d), 0);
	nlmsg_free(answer);
}

static struct nl_msg *answer_to(uint8_t command)
{
	static const struct tool_nl nowhere = { .family = 42 };
	struct nl_msg *message = tool_nl_new(&nowhere, command, 0, 1024);

	assert_non_null(message);
	return message;
}

static json_t *examine_answer(tool_nl_answer *by, struct nl_msg *message, unsigned int *missing)
{
	answer = message;
	examiner = by;
	return examine(take_answer, "6.12", missing);
}

static void another_protocol_is_told(void **state)
{
	(void)state;
	for (unsigned int off = 0; off < 2; off++) {
		struct nl_msg *message = answer_to(TLSBIND_CMD_VERSION_GET);
		unsigned int missing;
		json_t *checks;

		nla_put_string(message, TLSBIND_A_VERSION_MODULE, "0.1.0");
		nla_put_u32(message, TLSBIND_A_VERSION_PROTOCOL, TLSBIND_PROTOCOL_VERSION + off);
		checks = examine_answer(tool_doctor_version, message, &missing);
		assert_state(checks, "module", off ? "missing" : "ok");
		assert_int_equal(missing, off);
		assert_non_null(strstr(detail_of(checks, "module"), "version 0.1.0, protocol "));
		json_decref(checks);
	}
}

static void put_door(struct nl_msg *message, const char *name, uint8_t state)
{
	struct nlattr *door = nla_nest_start(message, TLSBIND_A_PROVIDER_DOOR);

	nla_put_string(message, TLSBIND_A_DOOR_NAME, name);
	nla_put_u8(message, TLSBIND_A_DOOR_STATE, state);
	nla_nest_end(message, door);
}

static void a_door_that_is_open_is_missing(void **state)
{
	struct nl_msg *message = answer_to(TLSBIND_CMD_PROVIDER_GET);
	unsigned int missing;
	json_t *checks;

	(void)state;
	nla_put_u8(message, TLSBIND_A_PROVIDER_AVAILABLE, 1);
	nla_put_string(message, TLSBIND_A_PROVIDER_NAME, "sev_guest");
	put_door(message, "first", TLSBIND_DOOR_STATE_SHUT);
	put_door(message, "second", TLSBIND_DOOR_STATE_OPEN);
	put_door(message, "third", TLSBIND_DOOR_STATE_ABSENT);
	checks = examine_answer(tool_doctor_provider, message, &missing);
	assert_state(checks, "provider", "ok");
	assert_string_equal(detail_of(checks, "provider"), "sev_guest");
	assert_state(checks, "door.first", "ok");
	assert_state(checks, "door.second", "missing");
	assert_state(checks, "door.third", "ok");
	assert_int_equal(missing, 1);
	json_decref(checks);
	message = answer_to(TLSBIND_CMD_PROVIDER_GET);
	nla_put_u8(message, TLSBIND_A_PROVIDER_AVAILABLE, 0);
	checks = examine_answer(tool_doctor_provider, message, &missing);
	assert_state(checks, "provider", "missing");
	assert_int_equal(missing, 1);
	json_decref(checks);
}

static void no_rules_and_no_lock_are_warnings(void **state)
{
	(void)state;
	for (unsigned int on = 0; on < 2; on++) {
		struct nl_msg *message = answer_to(TLSBIND_CMD_RULES_GET);
		unsigned int missing;
		json_t *checks;

		nla_put_u32(message, TLSBIND_A_RULES_COUNT, 3 * on);
		nla_put_u8(message, TLSBIND_A_RULES_LOCKED, (uint8_t)on);
		checks = examine_answer(tool_doctor_rules, message, &missing);
		assert_state(checks, "rules", on ? "ok" : "warning");
		assert_state(checks, "lock", on ? "ok" : "warning");
		assert_int_equal(missing, 0);
		json_decref(checks);
	}
}

/* That every counter has a name, and each metric its help and type. */
static void statistics_have_every_counter(void **state)
{
	uint64_t value[TLSBIND_A_STATS_MAX + 1];
	struct tool_print print;
	char *text, *at;
	size_t len, lines = 0;
	json_t *object;
	FILE *file = open_memstream(&text, &len);

	(void)state;
	for (int i = 0; i <= TLSBIND_A_STATS_MAX; i++)
		value[i] = (uint64_t)i << 32;
	value[TLSBIND_A_STATS_DOORS] = UINT64_MAX;
	tool_print_begin(&print, file, true);
	tool_stats_print(&print, value);
	fclose(file);
	object = json_loads(text, 0, NULL);
	assert_int_equal(json_object_size(object), TLSBIND_A_STATS_MAX);
	assert_int_equal(test_number(object, "report-errors"),
			 (uint64_t)TLSBIND_A_STATS_REPORT_ERRORS << 32);
	assert_string_equal(json_string_value(json_object_get(object, "doors")),
			    "18446744073709551615");
	json_decref(object);
	free(text);
	file = open_memstream(&text, &len);
	tool_stats_prometheus(file, value);
	fclose(file);
	for (at = text; (at = strchr(at, '\n')); at++)
		lines++;
	assert_int_equal(lines, 3 * TLSBIND_A_STATS_MAX);
	assert_non_null(strstr(text, "# TYPE tlsbind_sockets gauge\ntlsbind_sockets 4294967296\n"));
	assert_non_null(strstr(text, "# TYPE tlsbind_report_errors_total counter\n"));
	free(text);
}

static void strangers_cannot_control_the_terminal(void **state)
{
	struct tool_print print;
	char *text;
	size_t len;
	FILE *file = open_memstream(&text, &len);

	(void)state;
	tool_print_begin(&print, file, false);
	tool_print_string(&print, "key", "", "a\x1b[2J\n\xc3\xa9");
	fclose(file);
	assert_string_equal(text, "a?[2J???");
	free(text);
	file = open_memstream(&text, &len);
	tool_print_begin(&print, file, true);
	tool_print_object(&print, NULL);
	/* In JSON what can be escaped is: control of 8 bits, and what turns the text around. */
	tool_print_string(&print, "good", "", "\x1b\xc3\xa9\xc2\x9b\xe2\x80\xae\x7f.\x7f");
	tool_print_string(&print, "bad", "", "\xff\x1b");
	tool_print_close(&print);
	fclose(file);
	assert_string_equal(text, "{\"good\":\"\\u001B\\u00E9\\u009B\\u202E?.?\",\"bad\":\"??\"}\n");
	free(text);
}

static int set_up(void **state)
{
	(void)state;
	snprintf(root, sizeof(root), "/tmp/tlsbind-doctor.XXXXXX");
	return mkdtemp(root) ? 0 : -1;
}

static int tear_down(void **state)
{
	char command[128];

	(void)state;
	snprintf(command, sizeof(command), "rm -rf '%s'", root);
	return system(command);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_good_kernel_lacks_nothing),
		cmocka_unit_test(a_bad_kernel_is_told_what_it_lacks),
		cmocka_unit_test(a_kernel_that_was_never_tried_is_a_warning),
		cmocka_unit_test(a_cipher_that_can_be_loaded_is_there),
		cmocka_unit_test(what_can_change_the_kernel_is_a_warning),
		cmocka_unit_test(a_hook_that_is_not_armed_is_missing),
		cmocka_unit_test(another_protocol_is_told),
		cmocka_unit_test(a_door_that_is_open_is_missing),
		cmocka_unit_test(no_rules_and_no_lock_are_warnings),
		cmocka_unit_test(statistics_have_every_counter),
		cmocka_unit_test(strangers_cannot_control_the_terminal),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
