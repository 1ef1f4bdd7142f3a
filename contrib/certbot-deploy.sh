#!/bin/sh
# Gives chat-server a copy of its Let's Encrypt certificate after each renewal.
#
#     sudo install -m 755 contrib/certbot-deploy.sh /etc/letsencrypt/renewal-hooks/deploy/tlschat
#
# certbot runs every program in that folder as root after a renewal and sets RENEWED_LINEAGE to the
# folder of the new certificate. The server cannot read it there (it is root's), so it gets copies of
# its own, the key with mode 0600. It sees by itself that they have changed, within a second.
#
# Change these three lines:
domain=chat.example.org
folder=/srv/tlschat/certs
owner=tlschat

set -eu

live=${RENEWED_LINEAGE:?certbot sets this; by hand: RENEWED_LINEAGE=/etc/letsencrypt/live/$domain $0}
if [ "${live##*/}" != "$domain" ]; then
    exit 0 # another certificate of this machine
fi

# Each file is replaced in one step, so that the server never reads half of one.
put() {
    install -m 600 -o "$owner" "$1" "$2.new"
    mv -f "$2.new" "$2"
}
put "$live/privkey.pem" "$folder/public-key.pem"
put "$live/fullchain.pem" "$folder/public.pem"
