/* SPDX-License-Identifier: MIT */
/* Asking a responder for evidence, by libcurl. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>
#include <jansson.h>
#include "responder.h"
#include "tool.h"

/* A CMW of the largest evidence is not larger: base64 makes four bytes of three. */
#define RESPONDER_BODY_MAX	(2 * TLSBIND_EVIDENCE_SIZE_MAX)

#define RESPONDER_UNIX		"unix:"

/**
 * struct tool_question - a request, and what came of it
 * @easy: the transfer
 * @headers: of the request
 * @challenge: its body
 * @body: of the answer, @len bytes
 * @len: size of @body
 * @max: of @len
 * @too_large: the answer has more bytes than any evidence
 * @error: libcurl's words
 * @why: reason for people
 * @wait: of Retry-After, seconds
 */
struct tool_question {
	CURL *easy;
	struct curl_slist *headers;
	char *challenge;
	char *body;
	size_t len;
	size_t max;
	bool too_large;
	char error[CURL_ERROR_SIZE];
	char why[TOOL_RESPONDER_WHY];
	unsigned int wait;
};

static void responder_say(char why[TOOL_RESPONDER_WHY], const char *text, const char *more)
{
	char *c;

	snprintf(why, TOOL_RESPONDER_WHY, "%s%s", text, more);
	for (c = why; *c; c++)
		*c = tool_harmless(*c);
}

static bool responder_has(CURLU *url, CURLUPart part)
{
	char *text = NULL;
	bool has = !curl_url_get(url, part, &text, 0);

	curl_free(text);
	return has;
}

static bool responder_is(CURLU *url, CURLUPart part, const char *what)
{
	char *text = NULL;
	bool is = !curl_url_get(url, part, &text, 0) && !strcmp(text, what);

	curl_free(text);
	return is;
}

/* Return: NULL; or what is wrong with the parts of a URL. */
static const char *responder_wrong(CURLU *url)
{
	if (!responder_is(url, CURLUPART_SCHEME, "http") &&
	    !responder_is(url, CURLUPART_SCHEME, "https"))
		return "neither http:// nor https:// nor " RESPONDER_UNIX "PATH: ";
	if (responder_has(url, CURLUPART_USER) || responder_has(url, CURLUPART_PASSWORD))
		return "a responder knows no users: ";
	if (responder_has(url, CURLUPART_QUERY) || responder_has(url, CURLUPART_FRAGMENT))
		return "a responder's address has no ? and no #: ";
	return NULL;
}

/* Return: the whole address, to be freed with curl_free(); NULL after a reason. */
static char *responder_url(const char *text, char why[TOOL_RESPONDER_WHY])
{
	const char *wrong = "not an address of a responder: ";
	CURLU *url = curl_url();
	char *whole = NULL;

	if (url && !curl_url_set(url, CURLUPART_URL, text, CURLU_NON_SUPPORT_SCHEME))
		wrong = responder_wrong(url);
	if (!wrong && responder_is(url, CURLUPART_PATH, "/") &&
	    curl_url_set(url, CURLUPART_PATH, TLSBIND_HTTP_PATH, 0))
		wrong = "out of memory: ";
	if (!wrong && curl_url_get(url, CURLUPART_URL, &whole, 0))
		wrong = "not an address of a responder: ";
	curl_url_cleanup(url);
	if (wrong)
		responder_say(why, wrong, text);
	return whole;
}

/* Return: the path of a Unix socket; NULL if it is none, or a reason was given. */
static const char *responder_socket(const char *url, char why[TOOL_RESPONDER_WHY])
{
	const char *path = url + strlen(RESPONDER_UNIX);

	*why = '\0';
	if (strncmp(url, RESPONDER_UNIX, strlen(RESPONDER_UNIX)))
		return NULL;
	if (*path == '/' && strlen(path) < sizeof(((struct sockaddr_un *)NULL)->sun_path))
		return path;
	responder_say(why, "not an absolute path of a socket: ", url);
	return NULL;
}

bool tool_responder_check(const struct tool_responder *responder, char why[TOOL_RESPONDER_WHY])
{
	char *url;

	if (responder_socket(responder->url, why))
		return true;
	if (*why)
		return false;
	url = responder_url(responder->url, why);
	curl_free(url);
	return url != NULL;
}

/* libcurl has a piece of the answer. Return: how much of it is taken. */
static size_t responder_body(char *data, size_t size, size_t count, void *arg)
{
	struct tool_question *question = arg;
	size_t len = size * count;
	char *grown;

	question->too_large |= len > question->max - question->len;
	if (question->too_large)
		return 0;
	grown = realloc(question->body, question->len + len + 1);
	if (!grown)
		return 0;
	memcpy(grown + question->len, data, len);
	question->body = grown;
	question->len += len;
	return len;
}

/* Only the protocols that are meant. Return: false if that cannot be had. */
static bool responder_set_protocols(CURL *easy)
{
#if LIBCURL_VERSION_NUM >= 0x075500
	return !curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
#else
	return !curl_easy_setopt(easy, CURLOPT_PROTOCOLS, (long)(CURLPROTO_HTTP | CURLPROTO_HTTPS));
#endif
}

static bool responder_set_address(CURL *easy, const struct tool_responder *responder,
				  char why[TOOL_RESPONDER_WHY])
{
	const char *socket = responder_socket(responder->url, why);
	char *url = NULL;
	bool good;

	if (socket)
		return !curl_easy_setopt(easy, CURLOPT_UNIX_SOCKET_PATH, socket) &&
		       !curl_easy_setopt(easy, CURLOPT_URL, "http://localhost" TLSBIND_HTTP_PATH);
	if (!*why)
		url = responder_url(responder->url, why);
	good = url && !curl_easy_setopt(easy, CURLOPT_URL, url);
	curl_free(url);
	return good;
}

/* An empty proxy is none, whatever the environment says. */
static bool responder_set_route(CURL *easy, const struct tool_responder *responder)
{
	long verify = responder->no_pki ? 0 : 1;

	return responder_set_protocols(easy) &&
	       !curl_easy_setopt(easy, CURLOPT_PROXY, "") &&
	       !curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L) &&
	       !curl_easy_setopt(easy, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED) &&
	       !curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1) &&
	       !curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, verify) &&
	       !curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2 * verify) &&
	       (!responder->cafile || !curl_easy_setopt(easy, CURLOPT_CAINFO, responder->cafile));
}

static bool responder_set_request(struct tool_question *question, long timeout)
{
	CURL *easy = question->easy;

	question->headers = curl_slist_append(NULL, "Content-Type: application/json");
	return question->headers && question->challenge &&
	       !curl_easy_setopt(easy, CURLOPT_HTTPHEADER, question->headers) &&
	       !curl_easy_setopt(easy, CURLOPT_POSTFIELDS, question->challenge) &&
	       !curl_easy_setopt(easy, CURLOPT_USERAGENT, "tlsbind/" TLSBIND_VERSION) &&
	       !curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, responder_body) &&
	       !curl_easy_setopt(easy, CURLOPT_WRITEDATA, question) &&
	       !curl_easy_setopt(easy, CURLOPT_PRIVATE, question) &&
	       !curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, question->error) &&
	       !curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L) &&
	       !curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, timeout > 0 ? timeout : 1L) &&
	       !curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, timeout > 0 ? timeout : 1L);
}

struct tool_question *tool_question_new(const struct tool_responder *responder,
					const uint8_t id[TLSBIND_CONNECTION_ID_SIZE],
					const uint8_t nonce[TLSBIND_NONCE_SIZE], long timeout)
{
	struct tool_question *question = calloc(1, sizeof(*question));

	if (!question)
		return NULL;
	question->challenge = tlsbind_challenge_encode(nonce, id);
	question->easy = curl_easy_init();
	question->max = responder->size_max ? responder->size_max : RESPONDER_BODY_MAX;
	if (question->easy && responder_set_address(question->easy, responder, question->why) &&
	    responder_set_route(question->easy, responder) &&
	    responder_set_request(question, timeout))
		return question;
	tool_question_free(question);
	return NULL;
}

CURL *tool_question_handle(const struct tool_question *question)
{
	return question->easy;
}

/* No answer at all. What may be better the next time is worth to be asked again. */
static enum tool_answer responder_no_answer(struct tool_question *question, CURLcode result)
{
	const char *text = *question->error ? question->error : curl_easy_strerror(result);

	if (question->too_large) {
		responder_say(question->why, "the answer is too large", "");
		return TOOL_ANSWER_MALFORMED;
	}
	responder_say(question->why, text, "");
	switch (result) {
	case CURLE_COULDNT_RESOLVE_HOST:
	case CURLE_COULDNT_CONNECT:
	case CURLE_OPERATION_TIMEDOUT:
	case CURLE_SEND_ERROR:
	case CURLE_RECV_ERROR:
	case CURLE_GOT_NOTHING:
	case CURLE_PARTIAL_FILE:
		return TOOL_ANSWER_AGAIN;
	case CURLE_UNSUPPORTED_PROTOCOL:
	case CURLE_WEIRD_SERVER_REPLY:
		return TOOL_ANSWER_MALFORMED;
	default:
		return TOOL_ANSWER_REFUSED;
	}
}

/*
 * A status by itself may be that of any web server: that it knows no such page is news
 * about the connection only if it says so as responders do. What proxies say for a
 * server that is not there is no verdict either.
 */
static enum tool_answer responder_status(long status, bool error)
{
	switch (status) {
	case 404:
		return error ? TOOL_ANSWER_AGAIN : TOOL_ANSWER_MALFORMED;
	case 408:
	case 425:
	case 429:
	case 500:
	case 502:
	case 503:
	case 504:
		return TOOL_ANSWER_AGAIN;
	default:
		return error ? TOOL_ANSWER_REFUSED : TOOL_ANSWER_MALFORMED;
	}
}

static enum tool_answer responder_error(struct tool_question *question, long status)
{
	json_t *root = json_loadb(question->body ? question->body : "", question->len,
				  JSON_REJECT_DUPLICATES, NULL);
	const char *error = json_string_value(json_object_get(root, "error"));
	enum tool_answer answer = responder_status(status, error != NULL);
	char text[32];
	curl_off_t wait = 0;

	snprintf(text, sizeof(text), "status %ld: ", status);
	responder_say(question->why, text, error ? error : "not an answer of a responder");
	if (!curl_easy_getinfo(question->easy, CURLINFO_RETRY_AFTER, &wait) && wait > 0)
		question->wait = wait < UINT32_MAX ? (unsigned int)wait : UINT32_MAX;
	json_decref(root);
	return answer;
}

static enum tool_answer responder_evidence(struct tool_question *question, uint8_t **evidence,
					   size_t *len)
{
	int ret = tlsbind_cmw_unwrap(question->body ? question->body : "", question->len, evidence,
				     len);

	if (!ret && *len)
		return TOOL_ANSWER_EVIDENCE;
	free(*evidence);
	*evidence = NULL;
	*len = 0;
	responder_say(question->why, ret == -ENOMEM ? "out of memory" : "not evidence", "");
	return TOOL_ANSWER_MALFORMED;
}

enum tool_answer tool_question_answer(struct tool_question *question, CURLcode result,
				      uint8_t **evidence, size_t *len)
{
	long status = 0;

	*evidence = NULL;
	*len = 0;
	if (result)
		return responder_no_answer(question, result);
	curl_easy_getinfo(question->easy, CURLINFO_RESPONSE_CODE, &status);
	if (status == 200)
		return responder_evidence(question, evidence, len);
	return responder_error(question, status);
}

const char *tool_question_why(const struct tool_question *question)
{
	return question->why;
}

unsigned int tool_question_wait(const struct tool_question *question)
{
	return question->wait;
}

void tool_question_free(struct tool_question *question)
{
	if (!question)
		return;
	curl_easy_cleanup(question->easy);
	curl_slist_free_all(question->headers);
	free(question->challenge);
	free(question->body);
	free(question);
}

enum tool_answer tool_responder_ask(const struct tool_responder *responder,
				    const uint8_t id[TLSBIND_CONNECTION_ID_SIZE],
				    const uint8_t nonce[TLSBIND_NONCE_SIZE], long timeout,
				    uint8_t **evidence, size_t *len, char why[TOOL_RESPONDER_WHY],
				    unsigned int *wait)
{
	struct tool_question *question;
	enum tool_answer answer;

	*evidence = NULL;
	*len = 0;
	*wait = 0;
	if (!tool_responder_check(responder, why))
		return TOOL_ANSWER_REFUSED;
	question = tool_question_new(responder, id, nonce, timeout);
	if (!question) {
		responder_say(why, "cannot make a question", "");
		return TOOL_ANSWER_REFUSED;
	}
	answer = tool_question_answer(question, curl_easy_perform(question->easy), evidence, len);
	*wait = question->wait;
	memcpy(why, question->why, sizeof(question->why));
	tool_question_free(question);
	return answer;
}
