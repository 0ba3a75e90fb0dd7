// SPDX-License-Identifier: MIT
/*
 * mock-tee-signer: makes the evidence of the mock TEE.
 *
 * It serves the kernel module through /dev/tlsbind-mock-tee, or with --once
 * makes a single piece of evidence out of 64 bytes on its standard input.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common.h"
#include "tee.h"

static const char signer_usage[] =
	"usage: mock-tee-signer --pki DIR --provider sev_guest|tdx_guest [OPTIONS]\n"
	"  --background       go to the background once the device is open\n"
	"  --device FILE      serve this device, not /dev/" MOCK_TEE_DEVICE "\n"
	"  --once             no device: REPORT_DATA from stdin, report to stdout\n"
	"  --aux FILE         with --once: write the auxiliary data there\n"
	"evidence that verifiers must refuse:\n"
	"  --debug            the guest may be debugged\n"
	"  --vmpl N           SNP: from this VMPL, 0 to 3\n"
	"  --tcb-mismatch     SNP: not the VCEK's TCB; TDX: TEE_TCB_SVN of zero\n"
	"  --wrong-signature  one bit of the signature is flipped\n";

struct signer_options {
	struct tee_options tee;
	const struct tee *kind;
	const char *device;
	const char *aux;
	int once;
	int background;
};

static void signer_fail_usage(const char *why)
{
	fprintf(stderr, "mock-tee-signer: %s\n%s", why, signer_usage);
	exit(2);
}

static const struct tee *signer_kind(const char *provider)
{
	if (!strcmp(provider, tee_snp.provider))
		return &tee_snp;
	if (!strcmp(provider, tee_tdx.provider))
		return &tee_tdx;
	signer_fail_usage("unknown provider");
	return NULL;
}

static int signer_vmpl(const char *text)
{
	if (text[0] < '0' || text[0] > '3' || text[1])
		signer_fail_usage("--vmpl is 0 to 3");
	return text[0] - '0';
}

static void signer_parse(int argc, char **argv, struct signer_options *options)
{
	static const struct option names[] = {
		{ "pki", required_argument, NULL, 'p' },
		{ "provider", required_argument, NULL, 'P' },
		{ "background", no_argument, NULL, 'b' },
		{ "device", required_argument, NULL, 'd' },
		{ "once", no_argument, NULL, 'o' },
		{ "aux", required_argument, NULL, 'a' },
		{ "debug", no_argument, NULL, 'D' },
		{ "vmpl", required_argument, NULL, 'v' },
		{ "tcb-mismatch", no_argument, NULL, 't' },
		{ "wrong-signature", no_argument, NULL, 'w' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 }
	};
	int option;

	while ((option = getopt_long(argc, argv, "h", names, NULL)) != -1) {
		switch (option) {
		case 'p': options->tee.pki = optarg; break;
		case 'P': options->kind = signer_kind(optarg); break;
		case 'b': options->background = 1; break;
		case 'd': options->device = optarg; break;
		case 'o': options->once = 1; break;
		case 'a': options->aux = optarg; break;
		case 'D': options->tee.debug = true; break;
		case 'v': options->tee.vmpl = signer_vmpl(optarg); break;
		case 't': options->tee.tcb_mismatch = true; break;
		case 'w': options->tee.wrong_signature = true; break;
		case 'h': fputs(signer_usage, stdout); exit(0);
		default: signer_fail_usage("bad option");
		}
	}
	if (optind != argc || !options->tee.pki || !options->kind)
		signer_fail_usage("--pki and --provider are needed, and no other arguments");
	if (options->aux && !options->once)
		signer_fail_usage("--aux goes with --once");
}

static void signer_write(const char *path, FILE *file, const void *data, size_t len)
{
	if (!file || fwrite(data, 1, len, file) != len || fclose(file))
		die("cannot write %s: %s", path, strerror(errno));
}

static void signer_once(const struct signer_options *options)
{
	static struct tee_evidence evidence;
	uint8_t data[MOCK_TEE_INBLOB_LEN + 1];

	if (fread(data, 1, sizeof(data), stdin) != MOCK_TEE_INBLOB_LEN)
		die("REPORT_DATA on standard input must be exactly %d bytes", MOCK_TEE_INBLOB_LEN);
	options->kind->report(&options->tee, data, 0, &evidence);
	signer_write("standard output", stdout, evidence.out, evidence.out_len);
	if (options->aux)
		signer_write(options->aux, fopen(options->aux, "w"), evidence.aux, evidence.aux_len);
}

static void signer_answer(int fd, const struct mock_tee_request *request,
			  struct tee_evidence *evidence)
{
	struct mock_tee_answer head = {
		.id = request->id,
		.out_len = (uint32_t)evidence->out_len,
		.aux_len = (uint32_t)evidence->aux_len,
	};
	static uint8_t message[sizeof(head) + 2 * MOCK_TEE_BLOB_MAX];
	size_t len = sizeof(head) + evidence->out_len + evidence->aux_len;
	ssize_t done;

	memcpy(message, &head, sizeof(head));
	memcpy(message + sizeof(head), evidence->out, evidence->out_len);
	memcpy(message + sizeof(head) + evidence->out_len, evidence->aux, evidence->aux_len);

	done = write(fd, message, len);
	if (done < 0 && errno == ESTALE)
		return;				/* too late, nobody waits for it */
	if (done != (ssize_t)len)
		die("cannot answer: %s", strerror(errno));
}

static void signer_serve(const struct signer_options *options, int fd)
{
	static struct tee_evidence evidence;
	struct mock_tee_request request;
	ssize_t len;

	for (;;) {
		len = read(fd, &request, sizeof(request));
		if (len < 0 && errno == EINTR)
			continue;
		if (len != sizeof(request))
			die("cannot read a request: %s", len < 0 ? strerror(errno) : "short");
		memset(&evidence, 0, sizeof(evidence));
		options->kind->report(&options->tee, request.inblob, request.privlevel, &evidence);
		signer_answer(fd, &request, &evidence);
	}
}

int main(int argc, char **argv)
{
	struct signer_options options = {
		.tee = { .vmpl = -1 },
		.device = "/dev/" MOCK_TEE_DEVICE,
	};
	int fd;

	signer_parse(argc, argv, &options);
	options.kind->start(&options.tee);
	if (options.once) {
		signer_once(&options);
		return 0;
	}

	fd = open(options.device, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		die("cannot open %s: %s", options.device, strerror(errno));
	if (options.background && daemon(0, 0))
		die("cannot go to the background: %s", strerror(errno));
	signer_serve(&options, fd);
	return 1;
}
