/* SPDX-License-Identifier: MIT */
/* tlsbind doctor: what is missing, and how to fix it. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include "doctor.h"
#include "tool.h"

#define DOCTOR_PIECE	1024U
#define DOCTOR_FILE_MAX	(4096U * DOCTOR_PIECE)

void tool_doctor_say(struct doctor *d, const char *name, enum doctor_state state,
		     const char *detail, const char *fix)
{
	static const char *const states[] = { "ok", "warning", "missing", "unknown" };
	char padding[64];

	snprintf(padding, sizeof(padding), "%-*s", (int)(9 - strlen(states[state])), "");
	tool_print_object(d->print, NULL);
	tool_print_string(d->print, "state", "", states[state]);
	tool_print_text(d->print, padding);
	tool_print_string(d->print, "name", "", name);
	tool_print_string(d->print, "detail", ": ", detail);
	if (state != DOCTOR_OK && *fix)
		tool_print_string(d->print, "fix", "\n         fix: ", fix);
	tool_print_text(d->print, "\n");
	tool_print_close(d->print);
	if (state == DOCTOR_MISSING)
		d->missing++;
}

char *tool_doctor_read(const struct doctor *d, const char *path, size_t *len)
{
	char full[1024], *data = NULL;
	FILE *file;
	size_t n = 0, got;

	snprintf(full, sizeof(full), "%s%s", d->root, path);
	file = fopen(full, "re");
	if (!file)
		return NULL;
	data = malloc(DOCTOR_FILE_MAX + 1);
	if (data) {
		/* Files below /proc/sys refuse to be read in large pieces. */
		do {
			got = fread(data + n, 1, DOCTOR_PIECE, file);
			n += got;
		} while (got == DOCTOR_PIECE && n < DOCTOR_FILE_MAX);
		data[n] = '\0';
		if (len)
			*len = n;
		if (ferror(file)) {
			free(data);
			data = NULL;
		}
	}
	fclose(file);
	return data;
}

static int doctor_main(const struct tool_command *command, int argc, char **argv)
{
	int code = tool_operands(command, &argc, &argv, NULL);
	struct tool_print print;
	struct utsname uts;
	struct doctor d = { .print = &print, .root = "" };

	if (code >= 0)
		return code;
	if (argc) {
		tool_message("doctor takes no operands");
		return tool_wrong(command);
	}
	if (uname(&uts)) {
		tool_message("uname: %s", strerror(errno));
		return TOOL_USAGE;
	}
	d.release = uts.release;
	tool_print_begin(&print, stdout, tool_json);
	tool_print_object(&print, NULL);
	tool_print_array(&print, "checks");
	tool_doctor_kernel(&d);
	tool_doctor_module(&d);
	tool_doctor_boot(&d);
	tool_print_close(&print);
	tool_print_number(&print, "missing", "missing: ", d.missing);
	tool_print_text(&print, "\n");
	tool_print_close(&print);
	if (tool_print_end(&print))
		return TOOL_USAGE;
	return d.missing ? TOOL_MISSING : TOOL_OK;
}

const struct tool_command tool_command_doctor = {
	.name = "doctor",
	.synopsis = "",
	.help = "what is missing on this machine, and how to fix it",
	.options = tool_common_options,
	.run = doctor_main,
};
