/* SPDX-License-Identifier: MIT */
/* tlsbind evidence: evidence for a connection of any program in this network namespace. */
#include <endian.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include "describe.h"
#include "evidence.h"
#include "nl.h"
#include "tool.h"

/**
 * struct evidence - what is asked for, and the answer
 * @id: connection
 * @nonce: of the relying party
 * @file: where the evidence goes; NULL if only a summary is wanted
 * @seq: of the request
 * @data: the evidence
 * @len: its size
 * @error: errno of the answer
 * @answered: it is there
 */
struct evidence {
	uint8_t id[TLSBIND_CONNECTION_ID_SIZE];
	uint8_t nonce[TLSBIND_NONCE_SIZE];
	const char *file;
	uint32_t seq;
	uint8_t *data;
	size_t len;
	uint32_t error;
	bool answered;
};

static bool evidence_bytes(const char *what, const char *text, uint8_t *out, size_t size)
{
	size_t len;

	if (tool_unhex(text, out, size, &len) && len == size)
		return true;
	tool_message("%s is %zu hex digits: %s", what, 2 * size, text);
	return false;
}

static bool evidence_parse(struct evidence *e, int count, char **words)
{
	bool nonce = false;
	int i;

	if (!count || !(count & 1)) {
		tool_message("a connection id, and pairs of words are required");
		return false;
	}
	if (!evidence_bytes("a connection id", words[0], e->id, sizeof(e->id)))
		return false;
	for (i = 1; i < count; i += 2) {
		if (!strcmp(words[i], "file") && !e->file) {
			e->file = words[i + 1];
		} else if (!strcmp(words[i], "nonce") && !nonce) {
			nonce = true;
			if (!evidence_bytes("a nonce", words[i + 1], e->nonce, sizeof(e->nonce)))
				return false;
		} else {
			tool_message("neither nonce nor file, or twice: %s", words[i]);
			return false;
		}
	}
	if (nonce || !tlsbind_nonce_new(e->nonce))
		return true;
	tool_error("no random numbers");
	return false;
}

/* Pieces, in their order. */
static int evidence_append(struct evidence *e, const struct nlattr *part)
{
	size_t len = (size_t)nla_len(part);
	uint8_t *grown = realloc(e->data, e->len + len + 1);

	if (!grown)
		return -ENOMEM;
	memcpy(grown + e->len, nla_data(part), len);
	e->data = grown;
	e->len += len;
	return 0;
}

static int evidence_answer(struct nlmsghdr *message, void *arg)
{
	struct nlattr *tb[TLSBIND_A_EVIDENCE_MAX + 1], *attribute;
	struct evidence *e = arg;
	int left, ret;

	if (e->seq && message->nlmsg_seq != e->seq)
		return 0;
	if (tool_nl_attributes(message, tb, TLSBIND_A_EVIDENCE_MAX))
		return -EBADMSG;
	e->answered = true;
	e->error = (uint32_t)tool_nl_number(tb[TLSBIND_A_EVIDENCE_ERROR]);
	nlmsg_for_each_attr(attribute, message, GENL_HDRLEN, left) {
		if (nla_type(attribute) != TLSBIND_A_EVIDENCE_PART)
			continue;
		ret = evidence_append(e, attribute);
		if (ret)
			return ret;
	}
	return 0;
}

static int evidence_get(struct tool_nl *nl, struct evidence *e)
{
	struct nl_msg *message;
	int ret;

	message = tool_nl_new(nl, TLSBIND_CMD_EVIDENCE_GET, 0, 128);
	if (message) {
		nla_put(message, TLSBIND_A_EVIDENCE_ID, sizeof(e->id), e->id);
		nla_put(message, TLSBIND_A_EVIDENCE_NONCE, sizeof(e->nonce), e->nonce);
	}
	ret = tool_nl_call(nl, message, evidence_answer, e);
	e->seq = nl->seq;
	while (!ret && !e->answered)
		ret = tool_nl_receive(nl, evidence_answer, e);
	if (!ret && e->error)
		ret = -(int)e->error;
	if (!ret && !e->len)
		ret = -ENODATA;
	return ret;
}

static int evidence_save(const struct evidence *e)
{
	FILE *file = fopen(e->file, "we");
	bool good = file && fwrite(e->data, 1, e->len, file) == e->len;

	if (file && fclose(file))
		good = false;
	if (good)
		return TOOL_OK;
	tool_message("%s: %s", e->file, strerror(errno));
	return TOOL_USAGE;
}

static void evidence_print_claims(struct tool_print *print, const struct tlsbind_claims *claims)
{
	tool_describe_suite(print, "cipher-suite", "suite ", be16toh(claims->cipher_suite));
	tool_describe_flags(print, "flags", "\nflags ", be32toh(claims->flags));
	tool_print_number(print, "rule", "\nrule ", be64toh(claims->rule));
	tool_print_hex(print, "policy-digest", "\npolicy digest ", claims->policy_digest,
		       sizeof(claims->policy_digest));
	tool_print_number(print, "uid", "\nuid ", be32toh(claims->uid));
	tool_print_number(print, "cgroup", "\ncgroup id:", be64toh(claims->cgroup_id));
	tool_print_number(print, "netns", "\nnetns ", be64toh(claims->netns));
	tool_exe_print(print, "\nexe ", claims->exe_digest_kind, claims->exe_digest,
		       claims->exe_digest_len <= sizeof(claims->exe_digest) ?
		       claims->exe_digest_len : 0);
	tool_print_number(print, "tx-generation", "\ntx generation ",
			  be32toh(claims->tx_generation));
	tool_print_hex(print, "tx-commitment", " commitment ", claims->tx_commitment,
		       sizeof(claims->tx_commitment));
	tool_print_number(print, "rx-generation", "\nrx generation ",
			  be32toh(claims->rx_generation));
	tool_print_hex(print, "rx-commitment", " commitment ", claims->rx_commitment,
		       sizeof(claims->rx_commitment));
	tool_print_text(print, "\n");
}

int tool_evidence_print(const uint8_t id[TLSBIND_CONNECTION_ID_SIZE],
			const uint8_t nonce[TLSBIND_NONCE_SIZE], const uint8_t *data, size_t len)
{
	struct tlsbind_evidence parts;
	struct tlsbind_claims claims;
	struct tool_print print;

	if (tlsbind_evidence_parse(data, len, &parts)) {
		tool_message("what the kernel answered is no evidence");
		return TOOL_MALFORMED;
	}
	memcpy(&claims, parts.claims.data, sizeof(claims));
	tool_print_begin(&print, stdout, tool_json);
	tool_print_object(&print, NULL);
	tool_print_hex(&print, "id", "id ", id, TLSBIND_CONNECTION_ID_SIZE);
	tool_print_hex(&print, "nonce", "\nnonce ", nonce, TLSBIND_NONCE_SIZE);
	tool_print_string(&print, "provider", "\nprovider ", parts.provider);
	tool_print_number(&print, "size", "\nsize ", len);
	tool_print_text(&print, "\n");
	tool_print_object(&print, "claims");
	evidence_print_claims(&print, &claims);
	tool_print_close(&print);
	tool_print_hex(&print, "evidence", NULL, data, len);
	tool_print_close(&print);
	return tool_print_end(&print) ? TOOL_USAGE : TOOL_OK;
}

static int evidence_run(struct evidence *e)
{
	struct tool_nl nl;
	int code = tool_nl_open(&nl), ret;

	if (code == TOOL_OK) {
		ret = evidence_get(&nl, e);
		if (ret)
			code = tool_nl_refused(&nl, ret, "no evidence");
	}
	tool_nl_close(&nl);
	if (code == TOOL_OK && e->file)
		code = evidence_save(e);
	return code == TOOL_OK ? tool_evidence_print(e->id, e->nonce, e->data, e->len) : code;
}

static int evidence_main(const struct tool_command *command, int argc, char **argv)
{
	int code = tool_operands(command, &argc, &argv, NULL);
	struct evidence e = { 0 };

	if (code >= 0)
		return code;
	if (!evidence_parse(&e, argc, argv))
		return tool_wrong(command);
	code = evidence_run(&e);
	free(e.data);
	return code;
}

const struct tool_command tool_command_evidence = {
	.name = "evidence",
	.synopsis = "ID [nonce HEX] [file OUT]",
	.help = "have evidence made for a connection",
	.options = tool_common_options,
	.run = evidence_main,
};
