# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# The programs of applications.sh, each configured as Documentation/applications.rst says.
# Sourced. SERVER and CLIENT are the addresses of the two machines.

KTLS=(env "OPENSSL_CONF=$PWD/ktls.cnf")
GNUTLS=(env "GNUTLS_SYSTEM_PRIORITY_FILE=$PWD/gnutls.conf")
REBUILT=("${GNUTLS[@]}" "LD_LIBRARY_PATH=$TLSBIND/gnutls")

# What may listen, and where.
declare -A PORTS=(
	["nginx"]=4401
	["nginx, OPENSSL_CONF"]=4402
	["lighttpd"]=4403
	["s_server -ktls"]=4404
	["s_server -ktls -num_tickets 0"]=4405
	["s_server, OPENSSL_CONF"]=4406
	["Python, OP_ENABLE_KTLS"]=4407
	["stunnel, ENABLE_KTLS"]=4408
	["socat, OPENSSL_CONF"]=4409
	["gnutls-serv of Debian"]=4410
	["gnutls-serv, rebuilt"]=4411
	["NFS"]=2049
)

# What switches kTLS on where a program has no option for it.
switches() {
	cat >ktls.cnf <<-'END'
		openssl_conf = init
		[init]
		ssl_conf = ssl
		[ssl]
		system_default = system
		[system]
		Options = KTLS
	END
	printf '[global]\nktls = true\n' >gnutls.conf
}

# nginx NAME PORT DIRECTIVE: what it is asked for comes slowly.
nginx_start() {
	cat >"$1.conf" <<-END
		daemon off; user www-data; worker_processes 1; pid $PWD/$1.pid; error_log $PWD/$1.log;
		events { worker_connections 64; }
		http {
			access_log off;
			client_body_temp_path $PWD/$1-body; proxy_temp_path $PWD/$1-proxy;
			fastcgi_temp_path $PWD/$1-fastcgi; uwsgi_temp_path $PWD/$1-uwsgi;
			scgi_temp_path $PWD/$1-scgi;
			server {
				listen $2 ssl; ssl_certificate $PWD/cert.pem; ssl_certificate_key $PWD/key.pem;
				ssl_protocols TLSv1.3; $3
				root $PWD/www; limit_rate_after 1k; limit_rate 1k;
			}
		}
	END
	exec nginx -c "$PWD/$1.conf"
}

lighttpd_start() {
	cat >lighttpd.conf <<-END
		server.modules = ("mod_openssl")
		server.document-root = "$PWD/www"
		server.bind = "$SERVER"
		server.port = $1
		connection.kbytes-per-second = 1
		ssl.engine = "enable"
		ssl.pemfile = "$PWD/cert.pem"
		ssl.privkey = "$PWD/key.pem"
	END
	exec lighttpd -D -f lighttpd.conf
}

python_start() {
	cat >server.py <<-END
		import socket, ssl
		context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
		context.load_cert_chain("both.pem")
		context.options |= ssl.OP_ENABLE_KTLS
		listener = socket.create_server(("$SERVER", $1))
		while True:
		    with context.wrap_socket(listener.accept()[0], server_side=True) as tls:
		        try:
		            while data := tls.recv(4096):
		                tls.sendall(data)
		        except OSError:
		            pass
	END
	exec python3 server.py
}

stunnel_start() {
	cat >stunnel.conf <<-END
		foreground = yes
		pid =
		[echo]
		accept = $SERVER:$1
		exec = /usr/bin/cat
		cert = $PWD/both.pem
		options = ENABLE_KTLS
	END
	exec stunnel stunnel.conf
}

openssl_start() {
	exec "$@" -cert cert.pem -key key.pem -keylogfile keys -rev
}

gnutls_start() {
	exec "$@" --echo --x509certfile cert.pem --x509keyfile key.pem
}

# server NAME: becomes one of the servers.
server() {
	local port=${PORTS[$1]} options
	case $1 in
	nginx) nginx_start nginx-1 "$port" "ssl_conf_command Options KTLS;" ;;
	nginx,\ OPENSSL_CONF) export OPENSSL_CONF=$PWD/ktls.cnf; nginx_start nginx-2 "$port" "" ;;
	lighttpd) lighttpd_start "$port" ;;
	s_server\ -*)
		read -ra options <<<"${1#s_server}"
		openssl_start openssl s_server -accept "$port" "${options[@]}" ;;
	s_server,*) openssl_start "${KTLS[@]}" openssl s_server -accept "$port" ;;
	Python,*) python_start "$port" ;;
	stunnel,*) stunnel_start "$port" ;;
	socat,*) exec "${KTLS[@]}" socat "openssl-listen:$port,fork,reuseaddr,cert=both.pem,verify=0" exec:cat ;;
	gnutls-serv\ of\ *) gnutls_start "${GNUTLS[@]}" gnutls-serv --port "$port" ;;
	gnutls-serv,*) gnutls_start "${REBUILT[@]}" gnutls-serv --port "$port" ;;
	esac
}

# servers: all of them; they wait for their ports together.
servers() {
	local name
	mkdir www
	yes held | head -c 100000 >www/held
	mkfifo stay
	exec {STAY}<>stay
	for name in "${!PORTS[@]}"; do
		[ "$name" != NFS ] || continue
		(server "$name") <&"$STAY" >"server-${PORTS[$name]}.log" 2>&1 &
	done
	for name in "${!PORTS[@]}"; do
		[ "$name" = NFS ] || wait_for 60 listening "${PORTS[$name]}" || diag "no $name"
	done
}

python_client() {
	cat >client.py <<-END
		import socket, ssl, sys
		context = ssl.create_default_context(cafile="cert.pem")
		if sys.argv[1:] == ["option"]:
		    context.options |= ssl.OP_ENABLE_KTLS
		with socket.create_connection(("$SERVER", $1)) as tcp:
		    with context.wrap_socket(tcp, server_hostname="server.example") as tls:
		        tls.sendall(b"GET /held HTTP/1.0\r\n\r\n")
		        while data := tls.recv(4096):
		            print(data.decode(), flush=True)
	END
}

# client NAME PORT: sets COMMAND, which asks for /held and stays.
# shellcheck disable=SC2034
client() {
	local url=https://$SERVER:$2/held openssl=(openssl s_client -connect "$SERVER:$2" -quiet -keylogfile keys)
	local wget=(-q -O - --ca-certificate=cert.pem "$url")
	case $1 in
	s_client\ -ktls) COMMAND=("${openssl[@]}" -ktls) ;;
	s_client,*) COMMAND=("${KTLS[@]}" "${openssl[@]}") ;;
	Python,\ OP_*) python_client "$2"; COMMAND=(python3 client.py option) ;;
	Python,*) python_client "$2"; COMMAND=("${KTLS[@]}" python3 client.py) ;;
	socat,*) COMMAND=("${KTLS[@]}" socat - "openssl-connect:$SERVER:$2,cafile=cert.pem,commonname=server.example") ;;
	curl,*) COMMAND=("${KTLS[@]}" curl -sN --cacert cert.pem "$url") ;;
	gnutls-cli\ of\ *) COMMAND=("${GNUTLS[@]}" gnutls-cli --x509cafile cert.pem --port "$2" "$SERVER") ;;
	gnutls-cli,*) COMMAND=("${REBUILT[@]}" gnutls-cli --x509cafile cert.pem --port "$2" "$SERVER") ;;
	wget\ of\ *) COMMAND=("${GNUTLS[@]}" wget "${wget[@]}") ;;
	wget,*) COMMAND=("${REBUILT[@]}" wget --tries=1 "${wget[@]}") ;;
	wget2,*) COMMAND=("${REBUILT[@]}" wget2 "${wget[@]}") ;;
	esac
}

# nfs_server: exports a directory, to be had over TLS only. For the first ten seconds it waits
# for clients of before, which there are none of.
nfs_server() {
	at_exit unmount
	mkdir -p export mount /var/lib/nfs/v4recovery
	echo held >export/held
	touch /var/lib/nfs/etab /var/lib/nfs/rmtab
	at_exit umount /proc/fs/nfsd
	mount -t nfsd nfsd /proc/fs/nfsd || return 1
	exportfs -o rw,insecure,fsid=0,no_subtree_check,xprtsec=tls "$CLIENT:$PWD/export" || return 1
	rpc.mountd -F -N 3 -u >mountd.log 2>&1 &
	at_exit rpc.nfsd 0
	rpc.nfsd -N 3 -G 10 -L 10 2
}

# handshakes: what does the handshakes for the kernel, at both ends.
handshakes() {
	cat >tlshd.conf <<-END
		[debug]
		loglevel=1
		[authenticate.client]
		x509.truststore=$PWD/cert.pem
		[authenticate.server]
		x509.certificate=$PWD/cert.pem
		x509.private_key=$PWD/key.pem
	END
	tlshd -s -c "$PWD/tlshd.conf" >tlshd-server.log 2>&1 &
	SSLKEYLOGFILE=$PWD/keys nsenter --net=/run/netns/client tlshd -s -c "$PWD/tlshd.conf" >tlshd-client.log 2>&1 &
}

mount_nfs() { in_client timeout 10 mount -t nfs -o "vers=4.2,xprtsec=tls,retry=0,soft" "$SERVER:/" mount; }

# shellcheck disable=SC2317
unmount() { umount -l mount 2>/dev/null; }

# shellcheck disable=SC2317
unmount() { umount -l mount 2>/dev/null; }
