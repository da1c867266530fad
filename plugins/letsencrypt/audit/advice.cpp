#include "letsencrypt/audit/findings.hpp"
#include "letsencrypt/audit/wording.hpp"

namespace maintain::letsencrypt {
namespace {

std::string own_renewal(const AuditView& view, const StoredCertificate& stored) {
  const std::string name = typed(stored.name);
  switch (view.input.client) {
    case Client::certbot:
      if (!stored.is_configured) {
        return "certbot has no renewal configuration for it. Issue it anew with `certbot certonly --cert-name " + name +
               " ...`, or remove it if nothing uses it.";
      }
      return std::string(view.input.renews ? "See" : "See whether something runs certbot (`systemctl list-timers "
                                                     "certbot.timer`), and") +
             " what `certbot renew --dry-run --cert-name " + name +
             "` says. If nothing uses the certificate any more: `certbot delete --cert-name " + name + "`.";
    case Client::acme_sh:
      return "See what `acme.sh --info -d " + name + "` tells of its next renewal, and what `acme.sh --cron` says" +
             (view.input.renews ? "." : "; `crontab -l` of that user has to run it daily.");
    case Client::dehydrated:
      return "See what `dehydrated --cron` says" +
             std::string(view.input.renews ? ", and whether RENEW_DAYS fits the lifetime of the certificate."
                                           : "; a timer has to run it daily.");
    case Client::lego:
      return "Run the task's renewal command by hand and see what it says. lego renews 30 days before the end unless "
             "it is told otherwise (`--days`, `--dynamic`).";
    case Client::command: return "Run the task's command by hand, and see why it does not renew this certificate.";
    case Client::none: break;
  }
  return "Find out what is to renew it, and why it did not.";
}

}  // namespace

std::string renewal_advice(const AuditView& view, const StoredCertificate* stored) {
  if (stored == nullptr) return "Find out what is to renew it, and why it did not.";
  if (stored->in_store) return own_renewal(view, *stored);
  if (view.input.client == Client::command || view.input.client == Client::lego) return own_renewal(view, *stored);
  return "It is a file that options name: find out what is to renew it, and why it did not.";
}

std::string deploy_advice(const AuditView& view, const Endpoint* endpoint) {
  const std::string which =
      endpoint == nullptr ? "the services that use it"
                          : "the service that listens there (`ss -ltnp 'sport = :" + std::to_string(endpoint->port) +
                                "'` shows which)";
  const std::string by_hand = "Reload " + which + ".";
  if (!view.input.renews) return by_hand + " What renews the certificate should do so each time.";
  if (view.input.has_deploy) {
    return by_hand + " Then mend the deploy command, so that the next renewal needs nobody: `maintain show` has what "
                     "it printed.";
  }
  return by_hand + " Give the task a `deploy` command that does so after each renewal, as [systemctl, reload, nginx].";
}

}  // namespace maintain::letsencrypt
