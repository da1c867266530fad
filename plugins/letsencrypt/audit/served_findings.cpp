#include <algorithm>

#include "letsencrypt/audit/findings.hpp"
#include "letsencrypt/audit/wording.hpp"

namespace maintain::letsencrypt {
namespace {

using sdk::Finding;
using sdk::State;
using Kind = ChainVerdict::Kind;

// One endpoint, with all that is known of it.
struct Place {
  const AuditView& view;
  const Served& served;
  const Compared& compared;
  const StoredCertificate* stored;  // what belongs there, or null
  std::string subject;              // "shop.example.org 192.0.2.7:443"
  std::string where;                // "for shop.example.org at 192.0.2.7:443"
  std::int64_t now() const { return view.input.now; }
};

Finding begin(const Place& place, State state, const char* code, const std::string& title) {
  return {.state = state, .code = code, .subject = place.subject, .title = title};
}

std::string no_answer_title(const Place& place) {
  switch (place.served.kind) {
    case Served::Kind::name_unknown: return "the name " + place.served.endpoint.name + " has no address";
    case Served::Kind::no_starttls: return "no STARTTLS is offered " + place.where;
    case Served::Kind::no_tls: return "what answers " + place.where + " does not speak TLS";
    case Served::Kind::no_route: return "there is no way from here to what is served " + place.where;
    case Served::Kind::answered: return "no certificate is sent " + place.where;
    default: return "nothing answers " + place.where;
  }
}

Finding no_answer(const Place& place) {
  const Served::Kind kind = place.served.kind;
  Finding finding = begin(place, State::warning, "letsencrypt.served_unreachable", no_answer_title(place));
  finding.detail = place.served.problem;
  const std::string not_meant = place.view.input.endpoints_given
                                    ? "If nothing is to be served there, take it out of the task's `endpoints`."
                                    : "If nothing is to be served there, say in the task's `endpoints` what is ([] for "
                                      "nothing).";
  if (kind == Served::Kind::no_route) {
    // Our own network's matter: a maintenance server without IPv6 would otherwise complain of each server that has it.
    finding.state = State::ok;
    finding.action = "To have it looked at, give the maintenance server a way there, or the task `from: server`.";
    return finding;
  }
  const bool may_be_meant = kind == Served::Kind::name_unknown || kind == Served::Kind::refused ||
                            kind == Served::Kind::timed_out;
  if (!place.view.input.endpoints_given && may_be_meant && !place.view.ours.contains(place.served.endpoint.name)) {
    // A certificate for mail, or for a name of the inner network: nobody said that it is to be served here.
    finding.state = State::ok;
  }
  if (kind == Served::Kind::name_unknown) {
    finding.detail = "Looking it up gave neither an IPv4 nor an IPv6 address.";
    finding.action = "Mend the name's DNS record. " + not_meant;
  } else if (kind == Served::Kind::no_starttls) {
    finding.action = "Turn TLS on in the service that listens there. " + not_meant;
  } else if (kind == Served::Kind::no_tls) {
    finding.action = "See whether the port and the protocol are right (smtp://, imap://, ... where TLS begins with "
                     "STARTTLS). " + not_meant;
  } else {
    finding.action = "See whether the service listens on that address (`ss -ltn`), whether the address is the server's "
                     "(a forgotten AAAA record?), and whether a firewall is in the way. " + not_meant;
  }
  return finding;
}

std::string elsewhere(const Place& place) {
  const auto places = current_endpoints(place.view, place.compared.certificate);
  return places.empty() ? "" : "\nThe store's certificate is served at " + list_text(places) + ".";
}

std::string comparison_detail(const Place& place) {
  const Certificate& leaf = *leaf_of(place.served);
  std::string detail = "Served: " + describe(leaf, place.now()) + ".";
  if (place.stored != nullptr) {
    detail += "\nIn " + place.stored->path + ": " + describe(*leaf_of(*place.stored), place.now()) + ".";
  }
  return detail + elsewhere(place);
}

State state_of_served(const Place& place) {
  const Standing age = standing(*leaf_of(place.served), place.now());
  return age == Standing::fine || age == Standing::late ? State::warning : State::critical;
}

// The silence of a first deployment must not close what is open.
bool was_told(const Place& place) {
  return told_before(place.view, place.subject, "letsencrypt.served_old") ||
         told_before(place.view, place.subject, "letsencrypt.served_other");
}

std::vector<Finding> old_one(const Place& place) {
  const auto story = place.view.input.deploys.find(place.compared.certificate);
  const bool has_story = story != place.view.input.deploys.end();
  const bool is_expired = standing(*leaf_of(place.served), place.now()) == Standing::expired;
  if (has_story && story->second.quiet && !is_expired && !was_told(place)) return {};
  Finding finding = begin(place, state_of_served(place), "letsencrypt.served_old",
                          is_expired ? "an expired certificate is still served " + place.where
                                     : "an old certificate is still served " + place.where);
  if (!covers(*leaf_of(place.served), place.served.endpoint.name)) finding.state = State::critical;
  finding.detail = comparison_detail(place);
  if (has_story && !story->second.text.empty()) finding.detail += "\n" + story->second.text;
  finding.action = deploy_advice(place.view, &place.served.endpoint);
  if (!current_endpoints(place.view, place.compared.certificate).empty()) {
    finding.action += " Other places have the new one: if this address is another machine's, leave it out in the "
                      "task's `endpoints`.";
  }
  return {finding};
}

Finding self_signed(const Place& place) {
  Finding finding = begin(place, State::critical, "letsencrypt.self_signed",
                          "a self-signed certificate is served " + place.where);
  finding.detail = comparison_detail(place) + "\nVisitors are warned off.";
  finding.action = place.stored == nullptr
                       ? "Get a certificate for the name, and give it to the service that listens there."
                       : "Give the service that listens there the certificate " + place.stored->path +
                             ", and reload it.";
  const auto story = place.view.input.deploys.find(place.compared.certificate);
  if (story != place.view.input.deploys.end() && !story->second.text.empty()) {
    finding.detail += "\n" + story->second.text;
  }
  return finding;
}

Finding wrong_name(const Place& place) {
  Finding finding = begin(place, State::critical, "letsencrypt.served_other",
                          "a certificate for other names is served " + place.where);
  finding.detail = comparison_detail(place) + "\nVisitors of " + place.served.endpoint.name + " are warned off.";
  if (leaf_of(place.served)->names_from_subject) {
    finding.detail += " The name of its subject does not count: clients only look at the subjectAltName.";
  }
  finding.action = place.compared.agreement == Agreement::current
                       ? "Issue the certificate anew with this name among its names, or name another `certificate` for "
                         "this endpoint."
                       : "The service has no site of that name there, or has it with another certificate: look at its "
                         "configuration for the name and this address.";
  return finding;
}

Finding not_ours(const Place& place) {
  const Agreement agreement = place.compared.agreement;
  const std::string what = agreement == Agreement::newer     ? "a newer certificate than the store's"
                           : agreement == Agreement::similar ? "another certificate of the same authority"
                                                             : "a certificate that is not the store's";
  Finding finding = begin(place, state_of_served(place), "letsencrypt.served_other",
                          what + " is served " + place.where);
  finding.detail = comparison_detail(place);
  if (agreement == Agreement::similar) {
    finding.detail += "\nIt was never seen in the store: it may be from before its renewal, or another machine's own.";
  }
  finding.action = "See who has it issued and renewed. If that is so on purpose, as by a proxy in front of the server, "
                   "name the server's own `address` in the task's `endpoints`, or leave this name out there. If not, "
                   "give the service that listens there the certificate of the store.";
  return finding;
}

// Where nothing in the store tells what it should be, what is served is judged by itself.
std::vector<Finding> alone(const Place& place) {
  const Certificate& leaf = *leaf_of(place.served);
  std::vector<Finding> findings;
  const auto add = [&](State state, const char* code, const std::string& title, const std::string& action) {
    Finding finding = begin(place, state, code, title);
    finding.detail = describe(leaf, place.now()) + ".";
    finding.action = action;
    findings.push_back(std::move(finding));
  };
  const std::string advice = "Find out what is to renew it, and why it did not, or did not tell the service.";
  const Standing age = standing(leaf, place.now());
  switch (age) {
    case Standing::fine: break;
    case Standing::late:
    case Standing::critical:
      add(age == Standing::late ? State::warning : State::critical, "letsencrypt.overdue",
          "the renewal of what is served " + place.where + " is overdue", advice);
      break;
    case Standing::expired:
      add(State::critical, "letsencrypt.expired", "an expired certificate is served " + place.where, advice);
      break;
    case Standing::not_yet_valid:
      add(State::critical, "letsencrypt.not_yet_valid", "a certificate that is not valid yet is served " + place.where,
          "See whether the clocks are right, here and on the server (`timedatectl`).");
      break;
  }
  if (!findings.empty() && findings[0].code == "letsencrypt.overdue") {
    findings[0].detail = percent_text(remaining(leaf, place.now())) + " of its " + span_words(lifetime(leaf) + 60) +
                         " are left. " + findings[0].detail;
  }
  for (Finding& change : change_findings(place.view, place.subject, "what is served " + place.where)) {
    findings.push_back(std::move(change));
  }
  return findings;
}

std::vector<Finding> served_chain(const Place& place) {
  const ChainVerdict verdict = judge_chain(place.view, place.served.chain);
  if (verdict.kind == Kind::trusted || verdict.kind == Kind::self_signed) return {};
  if (place.compared.agreement == Agreement::current &&
      judge_chain(place.view, place.stored->chain.certificates).kind == verdict.kind) {
    return {};  // the file's finding says so, and where it is served
  }
  const bool incomplete = verdict.kind == Kind::incomplete;
  Finding finding = begin(place, incomplete ? State::warning : State::critical, "letsencrypt.served_chain",
                          incomplete ? "the intermediate certificate is not sent " + place.where
                                     : "a certificate that clients do not trust is served " + place.where);
  finding.detail = "Of what is served, " + verdict.detail + ". The server sends " +
                   (place.served.chain.size() == 1 ? "the certificate alone."
                                                   : std::to_string(place.served.chain.size()) + " certificates.");
  const std::string own = " If the authority is your own, add its root's file to the task's `roots`.";
  if (!incomplete) {
    finding.action = "Look at which certificate and chain the service is configured with." + own;
  } else if (place.compared.agreement == Agreement::current) {
    finding.action = "Configure the service with the file that holds the chain, too: " + place.stored->path +
                     " (certbot's fullchain.pem, not cert.pem). Browsers often help themselves, other programs refuse "
                     "it.";
  } else {
    finding.action = "Configure the service with a file that holds the certificate and, behind it, the authority's "
                     "intermediate certificate." + own;
  }
  return {finding};
}

}  // namespace

Findings served_findings(const AuditView& view, std::size_t index) {
  const Served& served = view.input.served[index];
  const Compared& compared = view.served[index];
  const StoredCertificate* stored = find_stored(view.input.survey, compared.certificate);
  if (stored != nullptr && leaf_of(*stored) == nullptr) stored = nullptr;  // its own finding says so
  const Place place{view, served, compared, stored, endpoint_text(served.endpoint),
                    served.endpoint.address.empty() && address_text(served.endpoint) == served.endpoint.name
                        ? "at " + served.endpoint.name
                        : "for " + served.endpoint.name + " at " + address_text(served.endpoint)};
  if (leaf_of(served) == nullptr) return {no_answer(place)};
  const Certificate& leaf = *leaf_of(served);
  const bool is_covered = covers(leaf, served.endpoint.name);
  Findings findings;
  const auto add = [&](Findings more) { findings.insert(findings.end(), more.begin(), more.end()); };
  switch (compared.agreement) {
    case Agreement::current:
      if (!is_covered) add({wrong_name(place)});
      break;
    case Agreement::old: add(old_one(place)); break;
    case Agreement::self_signed: add({self_signed(place)}); break;
    case Agreement::uncovered: add({wrong_name(place)}); break;
    case Agreement::newer:
      if (view.input.renews) add({not_ours(place)});
      add(alone(place));
      break;
    case Agreement::similar:
    case Agreement::foreign: add({not_ours(place)}); break;
    case Agreement::unknown:
    case Agreement::nothing:
      if (judge_chain(view, served.chain).kind == Kind::self_signed) add({self_signed(place)});
      else if (!is_covered) add({wrong_name(place)});
      add(alone(place));
      break;
  }
  add(served_chain(place));
  return findings;
}

}  // namespace maintain::letsencrypt
