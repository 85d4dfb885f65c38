# The servers on the stage: each with a configuration and keys of its own under $scratch. Sourced after
# stage.sh.

# web_server PLACE: nginx on 80 and 443, www.example.com, with pages /, /page (6 kB) and /download (40 kB).
web_server() {
  local folder="$scratch/web-$1"
  mkdir -p "$folder/pages"
  echo '<!doctype html><title>Example</title><p>It works.</p>' > "$folder/pages/index.html"
  seq 1 1300 > "$folder/pages/page"
  seq 1 8000 > "$folder/pages/download"
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 3650 -subj /CN=www.example.com \
    -keyout "$folder/key.pem" -out "$folder/certificate.pem" 2> /dev/null
  cat > "$folder/nginx.conf" <<END
daemon off; master_process off; worker_processes 1;
pid $folder/nginx.pid; error_log $folder/error.log;
events { worker_connections 64; }
http {
  access_log off; server_tokens off; types { text/html html; text/plain page download; }
  client_body_temp_path $folder/a; proxy_temp_path $folder/b; fastcgi_temp_path $folder/c;
  uwsgi_temp_path $folder/d; scgi_temp_path $folder/e;
  server {
    listen 80; listen 443 ssl; listen 8080;
    ssl_certificate $folder/certificate.pem; ssl_certificate_key $folder/key.pem;
    root $folder/pages;
  }
}
END
  chmod a+x "$scratch"; chmod -R a+rX "$folder"
  serve "$1" 443 nginx -e "$folder/error.log" -c "$folder/nginx.conf"
}

# name_server PLACE ADDRESS: named with the zone example.com, without recursion.
name_server() {
  local folder="$scratch/names-$1"
  mkdir -p "$folder"
  cat > "$folder/named.conf" <<END
options {
  directory "$folder"; pid-file "$folder/named.pid"; session-keyfile "$folder/session.key";
  listen-on { $2; }; listen-on-v6 { none; };
  recursion no; dnssec-validation no; notify no; version none; hostname none; server-id none;
};
controls { };
zone "example.com" { type primary; file "example.com.zone"; };
END
  cat > "$folder/example.com.zone" <<'END'
$TTL 300
@ IN SOA ns.example.com. hostmaster.example.com. ( 1 3600 600 86400 300 )
@ IN NS ns.example.com.
ns IN A 198.51.100.53
www IN A 198.51.100.80
mail IN A 198.51.100.25
@ IN MX 10 mail.example.com.
long IN TXT ( "one of the answers that do not fit into the five hundred and twelve bytes of the first days,"
  "so that a resolver without extensions asks again over TCP, which is port 53 as well, and often forgotten"
  "in rule sets that were made in a hurry; this text is here to make the answer long enough for that, and"
  "it goes on for a while, because five hundred and twelve bytes are more than one thinks when one has to"
  "fill them with words about nothing but their own number, which by now should be reached or soon will be"
  "so that it can stop at last" )
END
  serve "$1" 53 named -g -n 1 -c "$folder/named.conf"
}

# shell_server PLACE: sshd on 22; shell_client PLACE ADDRESS [OPTIONS...] logs in and runs `true`.
shell_server() {
  local folder="$scratch/shell"
  mkdir -p "$folder"
  if [ ! -e "$folder/host_key" ]; then
    ssh-keygen -q -t ed25519 -N '' -C host.example -f "$folder/host_key"
    ssh-keygen -q -t ed25519 -N '' -C admin.example -f "$folder/admin_key"
  fi
  cat > "$folder/sshd_config" <<END
Port 22
HostKey $folder/host_key
AuthorizedKeysFile $folder/admin_key.pub
StrictModes no
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitRootLogin yes
UsePAM no
UseDNS no
PidFile none
PrintMotd no
PrintLastLog no
END
  # In a mount namespace of its own (ip netns exec makes one) /run can be replaced without a trace.
  serve "$1" 22 sh -c "mount -t tmpfs none /run && mkdir -m 755 /run/sshd && exec /usr/sbin/sshd -D -e -f $folder/sshd_config"
}

shell_client() {
  local name=$1 address=$2
  shift 2
  within "$name" ssh -F none -i "$scratch/shell/admin_key" -o BatchMode=yes -o StrictHostKeyChecking=no \
    -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR -o ConnectTimeout=2 "$@" "root@$address" true
}

# deaf PLACE PORT...: as if a firewall stood before it, nothing answers on these TCP ports.
deaf() {
  local name=$1
  shift
  within "$name" nft "add table ip deaf; add chain ip deaf in { type filter hook input priority 0; };
    add rule ip deaf in tcp dport { $(IFS=,; echo "$*") } drop"
}
