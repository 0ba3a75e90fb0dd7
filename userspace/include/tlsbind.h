/* SPDX-License-Identifier: MIT */
/*
 * libtlsbind: the relying party's side of tlsbind, and small helpers for an
 * attester. Protocol and sizes come from <linux/tlsbind.h>.
 *
 * Conventions. Functions that can fail return 0 or a negative errno value.
 * Sizes are in bytes. Nothing here keeps global state; different objects may
 * be used by different threads at once, one object by one thread at a time.
 * Objects made by a _new function belong to the caller, who ends them with the
 * matching _free function; _free(NULL) does nothing.
 */
#ifndef TLSBIND_H
#define TLSBIND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <time.h>
#include <linux/tlsbind.h>
#include <openssl/ssl.h>

#ifdef __cplusplus
extern "C" {
#endif

#define TLSBIND_MEASUREMENT_SIZE	48	/* SNP launch digest, TDX MRTD */
#define TLSBIND_TRAFFIC_SECRET_MAX	48
#define TLSBIND_PROVIDER_SIZE_MAX	64
#define TLSBIND_EVIDENCE_SIZE_MAX	(1U << 20)	/* longer input is refused */

#define TLSBIND_PROVIDER_SNP		"sev_guest"
#define TLSBIND_PROVIDER_TDX		"tdx_guest"

#define TLSBIND_HTTP_PATH		"/.well-known/tlsbind"
#define TLSBIND_MEDIA_TYPE		"application/vnd.tlsbind.evidence"
#define TLSBIND_MEDIA_TYPE_CMW		"application/vnd.tlsbind.evidence+cmw"

/**
 * tlsbind_version() - version of the library
 *
 * Return: a constant string such as "0.1.0".
 */
const char *tlsbind_version(void);

/*
 * ---- Binding: design section "Protocol v1" ------------------------------
 */

/**
 * struct tlsbind_key - one direction's TLS 1.3 write key
 * @tls_version: 0x0304
 * @cipher_suite: IANA code point; decides the length of @key
 * @key: key bytes, of tlsbind_suite_key_size() bytes; the rest is ignored
 * @iv: static IV, RFC 8446 section 7.3
 */
struct tlsbind_key {
	uint16_t tls_version;
	uint16_t cipher_suite;
	uint8_t key[TLSBIND_KEY_SIZE_MAX];
	uint8_t iv[TLSBIND_IV_SIZE];
};

/**
 * tlsbind_suite_key_size() - key length of a cipher suite
 * @cipher_suite: IANA TLS 1.3 code point
 *
 * Return: 16 or 32; 0 for a suite that tlsbind does not know.
 */
size_t tlsbind_suite_key_size(uint16_t cipher_suite);

/**
 * tlsbind_commitment() - commit to the key of one direction
 * @key: the key
 * @direction: TLSBIND_DIRECTION_TX or TLSBIND_DIRECTION_RX, as the attester
 *	sees it
 * @out: the commitment; zeroed on failure
 *
 * Return: 0; -EINVAL for a bad direction, -ENOTSUP for a TLS version other
 * than 1.3 or an unknown suite, -EIO if libcrypto fails.
 */
int tlsbind_commitment(const struct tlsbind_key *key, unsigned int direction,
		       uint8_t out[TLSBIND_COMMITMENT_SIZE]);

/**
 * tlsbind_connection_id() - name of a connection, the same at both ends
 * @tx_commitment: to the first key the attester sends with
 * @rx_commitment: to the first key the attester receives with
 * @out: the id; zeroed on failure
 *
 * Return: 0; -EIO if libcrypto fails.
 */
int tlsbind_connection_id(const uint8_t tx_commitment[TLSBIND_COMMITMENT_SIZE],
			  const uint8_t rx_commitment[TLSBIND_COMMITMENT_SIZE],
			  uint8_t out[TLSBIND_CONNECTION_ID_SIZE]);

/**
 * tlsbind_leaf() - leaf hash of claims
 * @claims: TLSBIND_CLAIMS_SIZE bytes, in wire format
 * @out: the leaf
 *
 * Return: 0; -EIO if libcrypto fails.
 */
int tlsbind_leaf(const uint8_t claims[TLSBIND_CLAIMS_SIZE], uint8_t out[TLSBIND_HASH_SIZE]);

/**
 * tlsbind_path_root() - root that a leaf and its inclusion path lead to
 * @leaf: leaf hash
 * @leaf_index: position of the leaf, from 0
 * @tree_size: number of leaves, 1 to TLSBIND_TREE_SIZE_MAX
 * @path: @path_nodes hashes of TLSBIND_HASH_SIZE bytes, the leaf's sibling
 *	first
 * @path_nodes: must be the exact number that this leaf has in this tree
 * @root: the root; zeroed on failure
 *
 * The algorithm of RFC 9162 section 2.1.3.2, without its last comparison.
 *
 * Return: 0; -EBADMSG if index, size and path length do not belong together,
 * -EIO if libcrypto fails.
 */
int tlsbind_path_root(const uint8_t leaf[TLSBIND_HASH_SIZE], uint32_t leaf_index,
		      uint32_t tree_size, const uint8_t *path, size_t path_nodes,
		      uint8_t root[TLSBIND_HASH_SIZE]);

/**
 * tlsbind_report_data() - what hardware signs for a tree
 * @tree_size: number of leaves
 * @root: root of the tree
 * @boot_nonce: the attester's, from its evidence
 * @out: REPORT_DATA
 *
 * Return: 0; -EIO if libcrypto fails.
 */
int tlsbind_report_data(uint32_t tree_size, const uint8_t root[TLSBIND_HASH_SIZE],
			const uint8_t boot_nonce[TLSBIND_BOOT_NONCE_SIZE],
			uint8_t out[TLSBIND_REPORT_DATA_SIZE]);

/*
 * ---- The connection, as the relying party's own TLS stack knows it -------
 */

/**
 * struct tlsbind_connection - what evidence about a connection must agree with
 * @tls_version: 0x0304 for TLS 1.3
 * @cipher_suite: IANA code point
 * @dhe: an (EC)DHE exchange, hybrids included, went into these keys
 * @full_handshake: no pre-shared key was used: not resumed
 * @no_early_data: no 0-RTT data was offered
 * @has_id: @connection_id is set
 * @tx_generation: of the key the attester sends with: KeyUpdates received by
 *	the relying party
 * @rx_generation: of the key the attester receives with: KeyUpdates sent by
 *	the relying party
 * @tx_commitment: to the current key the attester sends with
 * @rx_commitment: to the current key the attester receives with
 * @connection_id: from the first keys
 * @group: name of the key exchange group, for messages
 *
 * An all-zero object is one that every check refuses.
 */
struct tlsbind_connection {
	uint16_t tls_version;
	uint16_t cipher_suite;
	bool dhe;
	bool full_handshake;
	bool no_early_data;
	bool has_id;
	uint32_t tx_generation;
	uint32_t rx_generation;
	uint8_t tx_commitment[TLSBIND_COMMITMENT_SIZE];
	uint8_t rx_commitment[TLSBIND_COMMITMENT_SIZE];
	uint8_t connection_id[TLSBIND_CONNECTION_ID_SIZE];
	char group[32];
};

/**
 * struct tlsbind_handshake - what only the TLS stack knows of a connection
 * @dhe: an (EC)DHE exchange, hybrids included, went into the keys
 * @full_handshake: no pre-shared key was used: not resumed
 * @no_early_data: no 0-RTT data was offered
 * @group: name of the key exchange group, for messages; may be NULL
 *
 * A field that the caller cannot vouch for stays false, and is then refused.
 */
struct tlsbind_handshake {
	bool dhe;
	bool full_handshake;
	bool no_early_data;
	const char *group;
};

/**
 * tlsbind_keys_connection() - describe a connection by its keys
 * @tx: current key that the attester sends with: our receiving key
 * @rx: current key that the attester receives with: our sending key
 * @tx_generation: 0 for the first key, one more for each KeyUpdate received
 * @rx_generation: likewise for each KeyUpdate sent
 * @handshake: the rest
 * @out: the description; zeroed on failure. It has a connection id only if
 *	both keys are the first ones
 *
 * For TLS stacks that the library does not know. The keys stay the caller's,
 * who wipes them.
 *
 * Return: 0; -EINVAL if a pointer is NULL, the suites differ or both keys are
 * the same; -ENOTSUP for a TLS version other than 1.3 or an unknown suite;
 * -ENOKEY if a key is all zero; -EIO if libcrypto fails.
 */
int tlsbind_keys_connection(const struct tlsbind_key *tx, const struct tlsbind_key *rx,
			    uint32_t tx_generation, uint32_t rx_generation,
			    const struct tlsbind_handshake *handshake,
			    struct tlsbind_connection *out);

/**
 * tlsbind_socket_connection() - describe a connection whose keys the kernel has
 * @fd: the relying party's own TCP socket with kTLS keys in both directions
 * @handshake: what its TLS stack knows, for the kernel does not
 * @out: the description; zeroed on failure
 *
 * Needs the module on the relying party's machine. No key leaves the kernel.
 *
 * Return: 0; -EINVAL if a pointer is NULL; -EAGAIN if keys changed again and
 * again meanwhile; -ENOTSUP for TLS below 1.3 or an unknown suite; -ENOKEY if the
 * kernel names no key; -EPROTO if it answers in another way than documented; or
 * the error of the socket options TLSBIND_INFO and TLSBIND_PEER: -ENODATA if one
 * direction has no key, -ENOPROTOOPT if the module is not loaded or @fd is not a
 * kTLS socket.
 */
int tlsbind_socket_connection(int fd, const struct tlsbind_handshake *handshake,
			      struct tlsbind_connection *out);

/**
 * tlsbind_peer_connection() - describe a connection by what the kernel says of its peer
 * @peer: what the peer's evidence must say: from TLSBIND_PEER, or from a message of
 *	the multicast group gate (netlink), whose attributes have these names
 * @tls_version: of the connection
 * @cipher_suite: of the connection, IANA code point
 * @handshake: what its TLS stack knows, or who answers for the programs of this
 *	machine, for the kernel does not
 * @out: the description; zeroed on failure
 *
 * For whoever judges connections that are not its own. tlsbind_socket_connection()
 * does this for one's own socket.
 *
 * Return: 0; -EINVAL if a pointer is NULL; -ENOTSUP for TLS below 1.3 or an unknown
 * suite; -ENOKEY if a commitment is all zero: one direction has no key.
 */
int tlsbind_peer_connection(const struct tlsbind_peer *peer, uint16_t tls_version,
			    uint16_t cipher_suite, const struct tlsbind_handshake *handshake,
			    struct tlsbind_connection *out);

/**
 * tlsbind_ssl_attach() - collect what is needed from an OpenSSL connection
 * @ssl: a connection whose handshake has not begun
 *
 * Takes the key log callback of the SSL_CTX that @ssl belongs to, and the
 * message callback of @ssl: both must be free, and stay untouched until @ssl
 * is freed. The traffic secrets collected are wiped with @ssl; after a
 * KeyUpdate the older one is wiped at once.
 *
 * Return: 0; -EBUSY if the SSL_CTX has another key log callback, or @ssl is
 * attached already; -EINVAL if the handshake has begun; -ENOMEM.
 */
int tlsbind_ssl_attach(SSL *ssl);

/**
 * tlsbind_ssl_connection() - describe a connection at this moment
 * @ssl: connection with tlsbind_ssl_attach() before its handshake, which is
 *	complete by now
 * @out: the description; zeroed on failure
 *
 * The caller of this function is the relying party: its peer is the attester,
 * whether the peer is the TLS server or the client.
 *
 * Return: 0; -EINVAL if @ssl was not attached, -ENOTCONN if the handshake is not
 * complete, -ENOTSUP for TLS below 1.3 or an unknown suite (@out then tells
 * version and suite and nothing else), -ENOKEY if a traffic secret was
 * not seen, -EIO if libcrypto fails. -EAGAIN if the peer requested a KeyUpdate that
 * is not sent yet: the next write would first change the key (after close_notify there is none).
 * SSL_key_update(ssl, SSL_KEY_UPDATE_NOT_REQUESTED) and SSL_do_handshake() send it.
 */
int tlsbind_ssl_connection(SSL *ssl, struct tlsbind_connection *out);

/**
 * tlsbind_traffic_key() - key and IV from a traffic secret, RFC 8446 section 7.3
 * @cipher_suite: IANA code point
 * @secret: client or server application traffic secret of some generation
 * @secret_len: 32 or 48, as the suite's hash says
 * @out: the key; zeroed on failure
 *
 * Return: 0; -ENOTSUP for an unknown suite, -EINVAL for a wrong length, -EIO
 * if libcrypto fails.
 */
int tlsbind_traffic_key(uint16_t cipher_suite, const uint8_t *secret, size_t secret_len,
			struct tlsbind_key *out);

/**
 * tlsbind_traffic_update() - next generation of a traffic secret, RFC 8446 section 7.2
 * @cipher_suite: IANA code point
 * @secret: replaced by its successor; unchanged on failure
 * @secret_len: 32 or 48, as the suite's hash says
 *
 * Return: as tlsbind_traffic_key().
 */
int tlsbind_traffic_update(uint16_t cipher_suite, uint8_t *secret, size_t secret_len);

/*
 * ---- Results ------------------------------------------------------------
 */

/**
 * enum tlsbind_verdict - outcome of one check
 * @TLSBIND_NOT_REACHED: could not be evaluated; never accepted
 * @TLSBIND_PASS: holds
 * @TLSBIND_FAIL: does not hold
 */
enum tlsbind_verdict {
	TLSBIND_NOT_REACHED = 0,
	TLSBIND_PASS,
	TLSBIND_FAIL,
};

/**
 * enum tlsbind_class - class of a failure; the values are exit codes of tlsbind(8)
 * @TLSBIND_CLASS_NONE: nothing failed
 * @TLSBIND_CLASS_MALFORMED: evidence cannot be understood
 * @TLSBIND_CLASS_SIGNATURE: not signed by a trusted vendor's key
 * @TLSBIND_CLASS_POLICY: genuine, but not what was asked for
 * @TLSBIND_CLASS_BINDING: about something else than this connection
 * @TLSBIND_CLASS_TCB: genuine, but revoked, or from firmware that is not new enough
 */
enum tlsbind_class {
	TLSBIND_CLASS_NONE = 0,
	TLSBIND_CLASS_MALFORMED = 3,
	TLSBIND_CLASS_SIGNATURE = 4,
	TLSBIND_CLASS_POLICY = 5,
	TLSBIND_CLASS_BINDING = 6,
	TLSBIND_CLASS_TCB = 11,
};

/**
 * struct tlsbind_check - one line of a result
 * @name: stable name, such as "binding.tx"
 * @class_: what kind of failure it is if it fails
 * @verdict: outcome
 * @expected: what was asked for, text
 * @got: what was found, text
 */
struct tlsbind_check {
	const char *name;
	enum tlsbind_class class_;
	enum tlsbind_verdict verdict;
	char expected[160];
	char got[160];
};

struct tlsbind_result;

/** tlsbind_result_free() - end a result */
void tlsbind_result_free(struct tlsbind_result *result);

/**
 * tlsbind_result_accepted() - the one question
 * @result: may be NULL
 *
 * Return: true only if every required check was evaluated and passed.
 */
bool tlsbind_result_accepted(const struct tlsbind_result *result);

/**
 * tlsbind_result_class() - class of what failed, for an exit code
 * @result: may be NULL
 *
 * If several classes failed: malformed before signature before TCB before
 * binding before policy.
 *
 * Return: TLSBIND_CLASS_NONE if and only if accepted; for NULL
 * TLSBIND_CLASS_MALFORMED.
 */
enum tlsbind_class tlsbind_result_class(const struct tlsbind_result *result);

/** tlsbind_result_count() - number of checks; Return: that */
size_t tlsbind_result_count(const struct tlsbind_result *result);

/**
 * tlsbind_result_check() - one check by position
 * @result: the result
 * @index: from 0
 *
 * Return: the check, which lives as long as @result; NULL past the end.
 */
const struct tlsbind_check *tlsbind_result_check(const struct tlsbind_result *result, size_t index);

/**
 * tlsbind_result_find() - one check by name
 * @result: the result
 * @name: such as "binding.tx"
 *
 * Return: the check, which lives as long as @result; NULL if it is not part
 * of this result.
 */
const struct tlsbind_check *tlsbind_result_find(const struct tlsbind_result *result,
						const char *name);

/**
 * tlsbind_result_print() - one line for each check, then the verdict
 * @result: the result
 * @out: where to
 *
 * Return: 0; -EIO if writing failed.
 */
int tlsbind_result_print(const struct tlsbind_result *result, FILE *out);

/**
 * tlsbind_result_json() - the same as a JSON object
 * @result: the result
 *
 * Return: a string without newline, to be freed with free(); NULL if memory
 * ran out.
 */
char *tlsbind_result_json(const struct tlsbind_result *result);

/*
 * ---- Appraisal policy -----------------------------------------------------
 */

struct tlsbind_appraisal;

/**
 * tlsbind_appraisal_new() - a policy that accepts nothing
 *
 * At least one measurement, or explicitly any, must be added before anything
 * can be accepted, and what tells that the signing keys are not revoked. Roots
 * are those of the vendors. Verification time is the present, and the VMPL
 * wanted is 0.
 *
 * Return: the policy; NULL if memory ran out.
 */
struct tlsbind_appraisal *tlsbind_appraisal_new(void);

/** tlsbind_appraisal_free() - end a policy */
void tlsbind_appraisal_free(struct tlsbind_appraisal *appraisal);

/**
 * tlsbind_appraisal_add_root() - trust the roots in a PEM file and no others
 * @appraisal: the policy
 * @path: file with one or more certificates. Only self-signed ones become
 *	roots, and they are compared by public key; others serve as
 *	intermediates where the evidence brings none.
 *
 * Without this the library trusts the keys of AMD's and Intel's roots, which it
 * has built in, and takes their certificates from the evidence or from
 * tlsbind_appraisal_add_certificate(). With this, even if it failed, those keys
 * do not count.
 *
 * Return: 0; -EBADMSG if there is no self-signed certificate or something that
 * does not parse, -ENOMEM, or the error of opening the file.
 */
int tlsbind_appraisal_add_root(struct tlsbind_appraisal *appraisal, const char *path);

/**
 * tlsbind_appraisal_add_certificate() - offer an untrusted certificate
 * @appraisal: the policy
 * @path: PEM or DER file, for instance a VCEK when the host's certificate
 *	table is empty
 *
 * Return: 0; -EBADMSG if it does not parse, -ENOMEM, or the error of opening
 * the file.
 */
int tlsbind_appraisal_add_certificate(struct tlsbind_appraisal *appraisal, const char *path);

/**
 * tlsbind_appraisal_add_measurement() - accept this measurement
 * @appraisal: the policy
 * @measurement: SNP launch digest or TDX MRTD
 * @size: must be TLSBIND_MEASUREMENT_SIZE
 *
 * Return: 0; -EINVAL for another size or all zero bytes, -EBUSY after
 * tlsbind_appraisal_load(), -ENOMEM.
 */
int tlsbind_appraisal_add_measurement(struct tlsbind_appraisal *appraisal,
				      const uint8_t *measurement, size_t size);

/**
 * tlsbind_appraisal_any_measurement() - accept every measurement
 * @appraisal: the policy
 *
 * The result then says only that the peer is some genuine guest.
 */
void tlsbind_appraisal_any_measurement(struct tlsbind_appraisal *appraisal);

/**
 * tlsbind_appraisal_allow_flags() - accept these TLSBIND_F_* in claims
 * @appraisal: the policy
 * @flags: added to those allowed already
 */
void tlsbind_appraisal_allow_flags(struct tlsbind_appraisal *appraisal, uint32_t flags);

/**
 * tlsbind_appraisal_set_vmpl() - SNP: the one VMPL that is accepted
 * @appraisal: the policy
 * @vmpl: 0 to 3
 *
 * Return: 0; -EINVAL for another value, -EBUSY after tlsbind_appraisal_load().
 */
int tlsbind_appraisal_set_vmpl(struct tlsbind_appraisal *appraisal, uint32_t vmpl);

/**
 * tlsbind_appraisal_set_time() - verify certificates as of this time
 * @appraisal: the policy
 * @when: seconds since 1970
 */
void tlsbind_appraisal_set_time(struct tlsbind_appraisal *appraisal, time_t when);

/**
 * tlsbind_appraisal_add_crl() - offer revocation lists
 * @appraisal: the policy
 * @path: PEM or DER file. Lists that expired still tell what is revoked, but
 *	not that anything else is not.
 *
 * AMD's lists for a product are at https://kdsintf.amd.com/vcek/v1/PRODUCT/crl and,
 * for keys of cloud providers, https://kdsintf.amd.com/vlek/v1/PRODUCT/crl.
 *
 * Return: 0; -EBADMSG if it does not parse, -EFBIG, -ENOMEM, or the error of
 * opening the file.
 */
int tlsbind_appraisal_add_crl(struct tlsbind_appraisal *appraisal, const char *path);

/**
 * struct tlsbind_snp_tcb - security version numbers of SNP firmware
 * @fmc: Turin only: first stage of the boot loader
 * @boot_loader: of the secure processor
 * @tee: its operating system
 * @snp: SNP firmware
 * @microcode: of the cores
 */
struct tlsbind_snp_tcb {
	uint8_t fmc;
	uint8_t boot_loader;
	uint8_t tee;
	uint8_t snp;
	uint8_t microcode;
};

/**
 * tlsbind_appraisal_set_snp_tcb() - accept no older SNP firmware
 * @appraisal: the policy
 * @product: "Milan", "Genoa" or "Turin"
 * @minimum: each component counts by itself
 *
 * Once there is a minimum for one product, reports from products without one
 * are not accepted. tlsbind_appraisal_any_tcb() does not change that.
 *
 * Return: 0; -EINVAL for another product, an @fmc where there is none, or a
 * minimum of nothing but zero; -EEXIST if @product has one already.
 */
int tlsbind_appraisal_set_snp_tcb(struct tlsbind_appraisal *appraisal, const char *product,
				  const struct tlsbind_snp_tcb *minimum);

/**
 * enum tlsbind_tcb_status - what the vendor says of a TCB level
 * @TLSBIND_TCB_UNKNOWN: no level fits
 * @TLSBIND_TCB_UP_TO_DATE: nothing is known against it
 * @TLSBIND_TCB_SW_HARDENING_NEEDED: software in the guest must be hardened
 * @TLSBIND_TCB_CONFIGURATION_NEEDED: the platform must be configured otherwise
 * @TLSBIND_TCB_CONFIGURATION_AND_SW_HARDENING_NEEDED: both
 * @TLSBIND_TCB_TD_RELAUNCH_ADVISED: the guest was started under an older module
 * @TLSBIND_TCB_TD_RELAUNCH_ADVISED_CONFIGURATION_NEEDED: likewise, and
 *	configuration
 * @TLSBIND_TCB_OUT_OF_DATE: an update is missing
 * @TLSBIND_TCB_OUT_OF_DATE_CONFIGURATION_NEEDED: likewise, and configuration
 * @TLSBIND_TCB_REVOKED: not to be trusted; no policy accepts it
 * @TLSBIND_TCB_STATUSES: number of statuses
 *
 * Intel PCS API v4, tcbStatus.
 */
enum tlsbind_tcb_status {
	TLSBIND_TCB_UNKNOWN = 0,
	TLSBIND_TCB_UP_TO_DATE,
	TLSBIND_TCB_SW_HARDENING_NEEDED,
	TLSBIND_TCB_CONFIGURATION_NEEDED,
	TLSBIND_TCB_CONFIGURATION_AND_SW_HARDENING_NEEDED,
	TLSBIND_TCB_TD_RELAUNCH_ADVISED,
	TLSBIND_TCB_TD_RELAUNCH_ADVISED_CONFIGURATION_NEEDED,
	TLSBIND_TCB_OUT_OF_DATE,
	TLSBIND_TCB_OUT_OF_DATE_CONFIGURATION_NEEDED,
	TLSBIND_TCB_REVOKED,
	TLSBIND_TCB_STATUSES,
};

/**
 * tlsbind_tcb_name() - name of a TCB status, as Intel writes it
 * @status: such as TLSBIND_TCB_UP_TO_DATE
 *
 * Return: a constant string such as "UpToDate"; NULL for a number without
 * meaning.
 */
const char *tlsbind_tcb_name(enum tlsbind_tcb_status status);

/**
 * tlsbind_tcb_from_name() - TCB status by its name
 * @name: such as "UpToDate"
 *
 * Return: the status; TLSBIND_TCB_UNKNOWN if there is no such name.
 */
enum tlsbind_tcb_status tlsbind_tcb_from_name(const char *name);

/**
 * tlsbind_appraisal_add_collateral() - TDX: offer what Intel says of platforms
 * @appraisal: the policy
 * @path: JSON file: TCB info or enclave identity as Intel's PCS answers them
 *	(API version 4, the latter of the TD quoting enclave), or both with
 *	certificates and revocation lists as dcap-qvl writes them. The PCS sends
 *	the certificate of the signer in a header: that one goes to
 *	tlsbind_appraisal_add_certificate()
 *
 * Signature and dates are verified with each quote. If several files are about
 * one thing, only the newest counts, whether it holds or not.
 *
 * Return: 0; -EBADMSG if it is none of these or not exactly as documented, -E2BIG
 * for too many files, -EFBIG for a file of more than
 * TLSBIND_EVIDENCE_SIZE_MAX bytes, -ENOMEM, or the error of opening the file.
 * After a failure nothing was added.
 */
int tlsbind_appraisal_add_collateral(struct tlsbind_appraisal *appraisal, const char *path);

/**
 * tlsbind_appraisal_set_evaluation() - TDX: accept no older collateral
 * @appraisal: the policy
 * @number: least tcbEvaluationDataNumber. Intel counts it up with each TCB
 *	recovery; collateral from before may be valid for weeks after
 */
void tlsbind_appraisal_set_evaluation(struct tlsbind_appraisal *appraisal, uint32_t number);

/**
 * tlsbind_appraisal_any_tcb() - judge neither TCB level nor revocation
 * @appraisal: the policy
 *
 * Without this, a TDX quote needs collateral and a TCB status that is
 * accepted, and every report needs a current CRL of its vendor.
 */
void tlsbind_appraisal_any_tcb(struct tlsbind_appraisal *appraisal);

/**
 * tlsbind_appraisal_accept_tcb() - accept one more TCB status
 * @appraisal: the policy; TLSBIND_TCB_UP_TO_DATE is accepted at first
 * @status: neither unknown nor revoked
 *
 * Return: 0; -EINVAL for another value, -EBUSY after tlsbind_appraisal_load().
 */
int tlsbind_appraisal_accept_tcb(struct tlsbind_appraisal *appraisal,
				 enum tlsbind_tcb_status status);

/**
 * tlsbind_appraisal_set_grace() - accept out-of-date TCB levels for a while
 * @appraisal: the policy
 * @days: for which TLSBIND_TCB_OUT_OF_DATE is accepted, counted from the date of
 *	the first TCB level that came after the one that the platform, its TDX
 *	module or its quoting enclave has
 */
void tlsbind_appraisal_set_grace(struct tlsbind_appraisal *appraisal, unsigned int days);

/**
 * tlsbind_appraisal_load() - take a policy from a file, tlsbind-policy(5)
 * @appraisal: a policy without measurements, flags, VMPL and TCB levels: the
 *	file states these. Roots, certificates, collateral, revocation lists
 *	and time may be given before or afterwards
 * @path: the file
 * @error: what is wrong, and where
 * @size: size of @error
 *
 * The file states something about every field of the hardware it is for. From
 * this call on, whatever it returns, nothing is accepted but what a file
 * states: on failure nothing at all. tlsbind_appraisal_add_measurement(),
 * tlsbind_appraisal_set_vmpl() and tlsbind_appraisal_accept_tcb() then return
 * -EBUSY, and what would accept more does nothing.
 * tlsbind_appraisal_set_evaluation() and tlsbind_appraisal_set_snp_tcb() can only ask for
 * more than the file does.
 *
 * Return: 0; -EBADMSG if it is no policy, or not a complete one, -EBUSY if
 * @appraisal holds something that the file would have to agree with, -EFBIG,
 * -ENOMEM, or the error of opening the file.
 */
int tlsbind_appraisal_load(struct tlsbind_appraisal *appraisal, const char *path, char *error,
			   size_t size);

/**
 * tlsbind_policy_suggest() - a policy that accepts what evidence says
 * @provider: TLSBIND_PROVIDER_SNP or TLSBIND_PROVIDER_TDX
 * @report: outblob
 * @report_len: its size
 * @aux: auxblob; NULL if there is none
 * @aux_len: its size
 * @claims: TLSBIND_CLAIMS_SIZE bytes, wire format; NULL for a policy about
 *	reports alone
 * @platform: name the very machine, too
 *
 * Nothing is verified: who asks knows that the evidence is good.
 *
 * Return: JSON with a newline, to be freed with free(); NULL if the report is
 * malformed or memory ran out.
 */
char *tlsbind_policy_suggest(const char *provider, const void *report, size_t report_len,
			     const void *aux, size_t aux_len, const uint8_t *claims,
			     bool platform);

/**
 * tlsbind_appraisal_allow_psk_dhe() - accept connections that were resumed
 * @appraisal: the policy
 *
 * At first only full handshakes are accepted. With this, a pre-shared key will
 * do if a fresh (EC)DHE exchange went into the keys too (psk_dhe_ke, RFC 8446
 * section 2.2). The evidence is about the keys of this very connection all the
 * same; but who the peer is according to a certificate was asked in an earlier
 * one. A pre-shared key alone (psk_ke) and early data are never accepted. A policy from
 * a file says nothing of this.
 */
void tlsbind_appraisal_allow_psk_dhe(struct tlsbind_appraisal *appraisal);

/**
 * tlsbind_flag_from_name() - flag by its name on command lines
 * @name: such as "doors-open"
 *
 * Return: one TLSBIND_F_* bit; 0 if there is no such name.
 */
uint32_t tlsbind_flag_from_name(const char *name);

/**
 * tlsbind_flag_name() - name of a flag
 * @flag: exactly one TLSBIND_F_* bit
 *
 * Return: a constant string; NULL for a bit without meaning.
 */
const char *tlsbind_flag_name(uint32_t flag);

/*
 * ---- Rules ------------------------------------------------------------------
 */

/**
 * tlsbind_policy_digest() - what claims have as policy digest under these rules
 * @rules: in their order, wire format
 * @count: how many; with 0 the digest is zero
 * @digest: zeroed on failure
 *
 * Return: 0; -EINVAL for more than 2^32 - 1 rules, -EIO if libcrypto fails.
 */
int tlsbind_policy_digest(const struct tlsbind_rule_wire *rules, size_t count,
			  uint8_t digest[TLSBIND_HASH_SIZE]);

/*
 * ---- Evidence ---------------------------------------------------------------
 */

/**
 * struct tlsbind_span - bytes in somebody else's buffer
 * @data: start; NULL if absent
 * @len: size in bytes
 */
struct tlsbind_span {
	const uint8_t *data;
	size_t len;
};

/**
 * struct tlsbind_evidence - evidence taken apart, nothing of it judged
 * @claims: TLSBIND_CLAIMS_SIZE bytes, wire format (&struct tlsbind_claims)
 * @leaf_index: from 0
 * @tree_size: 1 to TLSBIND_TREE_SIZE_MAX
 * @path: whole nodes, TLSBIND_PATH_MAX at most; whether they are the ones that this
 *	leaf has in this tree, tlsbind_path_root() says
 * @boot_nonce: TLSBIND_BOOT_NONCE_SIZE bytes
 * @provider: name, zero terminated
 * @report: hardware report
 * @aux: auxiliary blob; absent if there is none
 *
 * Spans point into the buffer that was parsed.
 */
struct tlsbind_evidence {
	struct tlsbind_span claims;
	uint32_t leaf_index;
	uint32_t tree_size;
	struct tlsbind_span path;
	struct tlsbind_span boot_nonce;
	char provider[TLSBIND_PROVIDER_SIZE_MAX];
	struct tlsbind_span report;
	struct tlsbind_span aux;
};

/**
 * tlsbind_evidence_parse() - take evidence apart
 * @data: evidence TLVs
 * @len: at most TLSBIND_EVIDENCE_SIZE_MAX
 * @out: zeroed on failure; its spans live as long as @data
 *
 * Return: 0; -EBADMSG for anything that is not exactly one well-formed
 * evidence, trailing bytes included.
 */
int tlsbind_evidence_parse(const void *data, size_t len, struct tlsbind_evidence *out);

/**
 * tlsbind_nonce_new() - draw a nonce for a challenge
 * @nonce: the nonce
 *
 * Return: 0; -EIO if libcrypto has no randomness.
 */
int tlsbind_nonce_new(uint8_t nonce[TLSBIND_NONCE_SIZE]);

/**
 * tlsbind_verify() - is this evidence about this connection, genuine, and wanted?
 * @evidence: evidence TLVs
 * @len: size of @evidence
 * @connection: the relying party's own connection
 * @nonce: the nonce of the challenge. It is wiped here: a nonce serves once,
 *	and an all-zero nonce is never accepted
 * @appraisal: policy
 * @result: set in case of return value 0; the caller frees it
 *
 * All checks are evaluated as far as they can be, whatever fails before.
 *
 * Return: 0 if there is a result, which may well be a rejection: ask
 * tlsbind_result_accepted(). -EINVAL if a pointer is NULL, -ENOMEM; @result is
 * then NULL.
 */
int tlsbind_verify(const void *evidence, size_t len, const struct tlsbind_connection *connection,
		   uint8_t nonce[TLSBIND_NONCE_SIZE], const struct tlsbind_appraisal *appraisal,
		   struct tlsbind_result **result);

/*
 * ---- Many connections -------------------------------------------------------
 */

struct tlsbind_cache;

/**
 * struct tlsbind_cache_info - how a cache does
 * @reports: kept at this moment
 * @hits: verifications that found their report
 * @misses: those that did not
 */
struct tlsbind_cache_info {
	size_t reports;
	uint64_t hits;
	uint64_t misses;
};

/**
 * tlsbind_cache_new() - memory for reports that were verified
 * @reports: how many are kept at most, rounded up to a multiple of 8; up to 2^20.
 *	One takes some ten thousand bytes
 * @seconds: for how long one is kept at most
 *
 * May be used by any number of threads at once, and with different appraisals.
 *
 * Return: the cache; NULL if a number is 0 or too large, or memory ran out.
 */
struct tlsbind_cache *tlsbind_cache_new(size_t reports, unsigned int seconds);

/** tlsbind_cache_free() - end a cache that no thread uses any more */
void tlsbind_cache_free(struct tlsbind_cache *cache);

/** tlsbind_cache_flush() - forget every report */
void tlsbind_cache_flush(struct tlsbind_cache *cache);

/** tlsbind_cache_info() - how the cache does */
void tlsbind_cache_info(struct tlsbind_cache *cache, struct tlsbind_cache_info *out);

/**
 * tlsbind_verify_cached() - tlsbind_verify(), with the memory of earlier ones
 * @cache: the cache
 * @evidence: evidence TLVs
 * @len: size of @evidence
 * @connection: the relying party's own connection
 * @nonce: the nonce of the challenge, wiped here
 * @appraisal: policy. What is kept serves this very object, and only until
 *	it is changed
 * @result: set in case of return value 0; the caller frees it
 *
 * Where evidence with the same hardware report and auxiliary blob was accepted before, under
 * this appraisal, their signatures are not verified again: it takes some hashes.
 * What is about the connection (claims, binding, tree, REPORT_DATA) is always
 * looked at. The result is the one that tlsbind_verify() gives: a report is
 * forgotten when a certificate, revocation list or collateral begins or ceases to be
 * valid.
 *
 * Return: as tlsbind_verify(); -EINVAL also if @cache is NULL.
 */
int tlsbind_verify_cached(struct tlsbind_cache *cache, const void *evidence, size_t len,
			  const struct tlsbind_connection *connection,
			  uint8_t nonce[TLSBIND_NONCE_SIZE],
			  const struct tlsbind_appraisal *appraisal,
			  struct tlsbind_result **result);

/*
 * ---- Leases: for how long evidence counts -------------------------------------
 */

#define TLSBIND_LEASE_MAX		604800000U	/* ms: a week */

struct tlsbind_lease;

/**
 * enum tlsbind_lease_state - what may be done with a connection now
 * @TLSBIND_LEASE_OVER: there was no evidence yet, or none in time: nothing, and the connection
 *	is to be aborted
 * @TLSBIND_LEASE_GOOD: everything
 * @TLSBIND_LEASE_DUE: everything; ask for evidence now, with a fresh nonce
 * @TLSBIND_LEASE_STALE: there are keys that no evidence is about: nothing that they protect
 *	should be sent, or used if it was received; ask for evidence now, with a fresh nonce
 */
enum tlsbind_lease_state {
	TLSBIND_LEASE_OVER = 0,
	TLSBIND_LEASE_GOOD,
	TLSBIND_LEASE_DUE,
	TLSBIND_LEASE_STALE,
};

/**
 * tlsbind_lease_new() - evidence of one connection, that has to be renewed
 * @length: milliseconds for which evidence counts, from when its nonce was drawn on, 1 to
 *	TLSBIND_LEASE_MAX
 * @rekey: milliseconds within which keys that changed must have evidence of their own, or
 *	the lease is over, as it is anyway when @length is. 0: keys that change end it at
 *	once; UINT64_MAX: new keys have what is left of @length
 *
 * A lease neither asks nor waits, and has no clock: who has the connection does, and tells
 * it the time, in milliseconds since whenever, by a clock that is not set (one
 * that goes on while the machine is suspended: CLOCK_BOOTTIME). It serves one connection.
 *
 * Return: the lease, which is over until it begins; NULL if @length is not as said, or memory
 * ran out.
 */
struct tlsbind_lease *tlsbind_lease_new(uint64_t length, uint64_t rekey);

/** tlsbind_lease_free() - end a lease */
void tlsbind_lease_free(struct tlsbind_lease *lease);

/**
 * tlsbind_lease_begin() - evidence was accepted: the lease begins, or begins anew
 * @lease: the lease
 * @result: of tlsbind_verify() or tlsbind_verify_cached(); stays the caller's
 * @connection: what that was called with: the connection as it was then
 * @asked: when the nonce was drawn
 * @now: what time it is
 * @random: any number, by which it is asked for the next evidence a little earlier, so that
 *	connections that begin together do not ask together
 *
 * Half of the length after @asked, or up to an eighth of it earlier, it is
 * TLSBIND_LEASE_DUE.
 *
 * Return: 0; -EINVAL if a pointer is NULL or @asked is after @now; -EACCES if @result was not
 * accepted, or is not about a connection; -ETIMEDOUT if the lease is over, or this evidence is too old already. Then
 * nothing changed.
 */
int tlsbind_lease_begin(struct tlsbind_lease *lease, const struct tlsbind_result *result,
			const struct tlsbind_connection *connection, uint64_t asked,
			uint64_t now, uint32_t random);

/**
 * tlsbind_lease_look() - does the evidence count?
 * @lease: the lease
 * @connection: as it is now; NULL if that cannot be told, as with a KeyUpdate that is owed
 *	(-EAGAIN), which counts as keys that changed
 * @now: what time it is
 *
 * To be asked after bytes were read and before they are used, and before bytes are written:
 * with OpenSSL, what SSL_read() returns may have come behind a KeyUpdate.
 *
 * Return: the state. TLSBIND_LEASE_OVER is for ever.
 */
enum tlsbind_lease_state tlsbind_lease_look(struct tlsbind_lease *lease,
					    const struct tlsbind_connection *connection,
					    uint64_t now);

/**
 * tlsbind_ssl_lease() - tlsbind_lease_look(), for a connection of OpenSSL
 * @ssl: with tlsbind_ssl_attach()
 * @lease: its lease
 * @now: what time it is
 *
 * A KeyUpdate that the peer requested has to be sent (SSL_key_update() and
 * SSL_do_handshake()), or the state remains TLSBIND_LEASE_STALE.
 *
 * Return: the state.
 */
enum tlsbind_lease_state tlsbind_ssl_lease(SSL *ssl, struct tlsbind_lease *lease, uint64_t now);

/**
 * tlsbind_lease_next() - how long may one wait before looking again?
 * @lease: the lease
 * @now: what time it is
 *
 * Return: milliseconds until the state that tlsbind_lease_look() returned last changes by
 * itself; 0 if the lease is over.
 */
uint64_t tlsbind_lease_next(const struct tlsbind_lease *lease, uint64_t now);

/**
 * tlsbind_evidence_verify() - verify evidence without the connection that it is about
 * @evidence: evidence TLVs
 * @len: size of @evidence
 * @nonce: that the claims must carry; NULL if that is not known
 * @appraisal: policy
 * @result: set in case of return value 0; the caller frees it. It holds
 *	neither tls.* nor binding.*, nor claims.suite and claims.generation, and
 *	claims.nonce only if there is @nonce
 *
 * To look at evidence that was kept. Accepting it says that some such guest
 * existed, and nothing about who is at the other end of whatever connection.
 *
 * Return: 0 if there is a result; -EINVAL if a pointer is NULL, -ENOMEM.
 */
int tlsbind_evidence_verify(const void *evidence, size_t len, const uint8_t *nonce,
			    const struct tlsbind_appraisal *appraisal,
			    struct tlsbind_result **result);

/**
 * struct tlsbind_report_info - what a hardware report says
 * @provider: TLSBIND_PROVIDER_SNP or TLSBIND_PROVIDER_TDX
 * @measurement: SNP launch digest, TDX MRTD
 * @report_data: bytes that the guest chose
 * @debug: the host may read the guest
 * @vmpl: SNP only
 *
 * Worth nothing unless the result that came with it says that the report is
 * genuine.
 */
struct tlsbind_report_info {
	const char *provider;
	uint8_t measurement[TLSBIND_MEASUREMENT_SIZE];
	uint8_t report_data[TLSBIND_REPORT_DATA_SIZE];
	bool debug;
	uint32_t vmpl;
};

/**
 * tlsbind_report_verify() - verify a hardware report alone
 * @provider: TLSBIND_PROVIDER_SNP (bare 1184-byte report) or
 *	TLSBIND_PROVIDER_TDX (quote)
 * @report: outblob
 * @report_len: its size
 * @aux: auxblob: SNP certificate table; NULL if there is none
 * @aux_len: its size
 * @report_data: what the report must carry, TLSBIND_REPORT_DATA_SIZE bytes. If
 *	NULL, the check report.data fails, but the others can be read
 * @appraisal: policy; flags in it do not matter here
 * @info: filled if the report could be parsed, zeroed otherwise; may be NULL
 * @result: set in case of return value 0; the caller frees it. It holds
 *	evidence.format, report.*, tcb.* and appraisal.*, as far as asked for
 *
 * For reports that are not bound to a connection by tlsbind. Accepting one
 * says nothing about who is at the other end.
 *
 * Return: 0 if there is a result; -EINVAL if a pointer is NULL, -ENOMEM.
 */
int tlsbind_report_verify(const char *provider, const void *report, size_t report_len,
			  const void *aux, size_t aux_len, const uint8_t *report_data,
			  const struct tlsbind_appraisal *appraisal,
			  struct tlsbind_report_info *info, struct tlsbind_result **result);

/*
 * ---- Transport ----------------------------------------------------------------
 */

/**
 * tlsbind_challenge_encode() - body of a challenge by HTTP
 * @nonce: nonce
 * @connection_id: TLSBIND_CONNECTION_ID_SIZE bytes; NULL to leave it out
 *
 * Return: a JSON string, to be freed with free(); NULL if memory ran out.
 */
char *tlsbind_challenge_encode(const uint8_t nonce[TLSBIND_NONCE_SIZE],
			       const uint8_t *connection_id);

/**
 * tlsbind_challenge_decode() - body of a challenge by HTTP
 * @body: JSON text
 * @len: its size
 * @nonce: nonce; zeroed on failure
 * @connection_id: connection id if the body has one, or zero bytes
 *
 * Return: 0; -EBADMSG if it is not exactly a challenge.
 */
int tlsbind_challenge_decode(const char *body, size_t len, uint8_t nonce[TLSBIND_NONCE_SIZE],
			     uint8_t connection_id[TLSBIND_CONNECTION_ID_SIZE]);

/**
 * tlsbind_cmw_wrap() - evidence as a conceptual message wrapper (JSON record)
 * @evidence: evidence TLVs
 * @len: size of @evidence
 *
 * Return: a JSON string, to be freed with free(); NULL if memory ran out or
 * @len is 0 or above TLSBIND_EVIDENCE_SIZE_MAX.
 */
char *tlsbind_cmw_wrap(const void *evidence, size_t len);

/**
 * tlsbind_cmw_unwrap() - evidence from a conceptual message wrapper
 * @cmw: JSON text
 * @cmw_len: its size
 * @evidence: the bytes, to be freed with free(); NULL on failure
 * @len: size of @evidence
 *
 * Return: 0; -EBADMSG if it is not a record of TLSBIND_MEDIA_TYPE in strict
 * base64url, -ENOMEM.
 */
int tlsbind_cmw_unwrap(const char *cmw, size_t cmw_len, uint8_t **evidence, size_t *len);

/**
 * tlsbind_socket_evidence() - attester: evidence about a kTLS socket
 * @fd: TCP socket with kTLS keys
 * @nonce: the relying party's nonce
 * @app_data: TLSBIND_APP_DATA_SIZE bytes of the application's own; NULL for
 *	zero bytes
 * @evidence: the bytes, to be freed with free(); NULL on failure
 * @len: size of @evidence
 *
 * Blocks until the hardware has answered.
 *
 * Return: 0; -ENOMEM, or the error of the socket options TLSBIND_CHALLENGE and
 * TLSBIND_EVIDENCE; -ENOPROTOOPT if the module is not loaded or @fd is not a
 * kTLS socket.
 */
int tlsbind_socket_evidence(int fd, const uint8_t nonce[TLSBIND_NONCE_SIZE],
			    const uint8_t *app_data, uint8_t **evidence, size_t *len);

/**
 * tlsbind_socket_is() - does a challenge mean this connection?
 * @fd: TCP socket with kTLS keys
 * @connection_id: from tlsbind_challenge_decode(); zero bytes, which stand for
 *	the connection that the challenge came on, are welcome
 *
 * Return: false if it names another connection.
 */
bool tlsbind_socket_is(int fd, const uint8_t connection_id[TLSBIND_CONNECTION_ID_SIZE]);

/**
 * tlsbind_http_status() - HTTP status for an error of tlsbind_socket_evidence()
 * @error: negative errno value, or 0
 *
 * Return: 200 for 0, otherwise a status of the classes 4xx and 5xx.
 */
unsigned int tlsbind_http_status(int error);

#ifdef __cplusplus
}
#endif
#endif /* TLSBIND_H */
