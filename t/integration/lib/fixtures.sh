# shellcheck shell=bash
# All fixtures, for a test to source as its first step.

fixtures=$(dirname "${BASH_SOURCE[0]}")
# shellcheck source=t/integration/lib/base.sh
source "$fixtures/base.sh"
# shellcheck source=t/integration/lib/tap.sh
source "$fixtures/tap.sh"
# shellcheck source=t/integration/lib/dns.sh
source "$fixtures/dns.sh"
# shellcheck source=t/integration/lib/milter.sh
source "$fixtures/milter.sh"
# shellcheck source=t/integration/lib/talk.sh
source "$fixtures/talk.sh"
# shellcheck source=t/integration/lib/mail.sh
source "$fixtures/mail.sh"
# shellcheck source=t/integration/lib/postfix.sh
source "$fixtures/postfix.sh"
# shellcheck source=t/integration/lib/sendmail.sh
source "$fixtures/sendmail.sh"
# shellcheck source=t/integration/lib/world.sh
source "$fixtures/world.sh"
