// Recorded outputs (testdata/*/README.md says how), and from issue threads what no recording here has.
#include <fstream>
#include <iterator>

#include <catch2/catch.hpp>

#include "letsencrypt/client/renewal_output.hpp"

using namespace maintain::letsencrypt;

namespace {

using Names = std::vector<std::string>;
constexpr std::int64_t now = 1795968000;  // 2026-11-29 16:00:00 UTC

std::string recorded(const std::string& name) {
  std::ifstream file(std::string(MAINTAIN_TESTDATA) + "/../client/testdata/" + name + ".txt");
  INFO(name);
  REQUIRE(file);
  return std::string{std::istreambuf_iterator<char>(file), {}};
}

RenewalOutput certbot(const std::string& name) {
  return read_renewal_output(Client::certbot, recorded("certbot/" + name), now);
}

}  // namespace

TEST_CASE("certbot says what was renewed, failed and is not due") {
  CHECK(certbot("renewed").renewed == Names{"www.example.test"});
  CHECK(certbot("renewed").error.empty());
  CHECK(certbot("dry-run-ok").renewed == Names{"www.example.test"});
  CHECK(certbot("not-due").not_due == Names{"www.example.test"});
  CHECK(certbot("not-due").renewed.empty());
  CHECK(certbot("renewed-quiet").renewed.empty());
  const auto partly = certbot("renewed-partly");
  CHECK(partly.renewed == Names{"www.example.test"});
  CHECK(partly.failed == Names{"api.example.test"});
  CHECK(partly.error == "urn:ietf:params:acme:error:unauthorized: api.example.test: Non-200 status code from HTTP: "
                        "http://api.example.test:80/.well-known/acme-challenge/... returned 404");
}

TEST_CASE("certbot's broken renewal configuration is a failure of its lineage") {
  const auto output = certbot("not-due-broken-conf");
  CHECK(output.failed == Names{"broken.example.test"});
  CHECK(output.not_due == Names{"api.example.test", "www.example.test"});
  CHECK(output.error == "Renewal configuration file /etc/letsencrypt/renewal/broken.example.test.conf is broken.");
}

TEST_CASE("why certbot failed, in the authority's words") {
  CHECK(certbot("renew-challenge-no-answer").error ==
        "urn:ietf:params:acme:error:connection: www.example.test: Get "
        "\"http://www.example.test:80/.well-known/acme-challenge/...\": dial tcp 10.77.0.99:80: "
        "connect: no route to host");
  CHECK(certbot("renew-challenge-no-answer").failed == Names{"www.example.test"});
  CHECK(certbot("renew-account-unknown").error ==
        "urn:ietf:params:acme:error:accountDoesNotExist: The request specified an account that does not exist :: "
        "Account https://authority.test:14000/my-account/1f9f37626b2b75b6 not found.");
  CHECK(certbot("renew-ca-unreachable").error == "Requesting authority.test/dir: No route to host");
  CHECK_THAT(certbot("renew-no-account").error, Catch::StartsWith("You should register before running"));
  CHECK_THAT(certbot("dry-run-ca-unreachable").error, Catch::Contains("HTTPSConnection object at ...>: Failed"));
  CHECK(certbot("issue-rate-limited").error == "AttributeError: can't set attribute");
  for (const char* name : {"renew-account-unknown", "renew-ca-unreachable", "renew-no-account"})
    CHECK_FALSE(certbot(name).rate_limited_until);
}

TEST_CASE("another certbot at work is no failed renewal of a lineage") {
  const auto output = certbot("another-instance");
  CHECK(output.busy);
  CHECK(output.failed.empty());
  CHECK(output.error == "Another instance of Certbot is already running.");
  CHECK_FALSE(certbot("renewed").busy);
}

TEST_CASE("when a rate limit refills") {
  CHECK(certbot("renew-rate-limited").rate_limited_until == 1796040000);
  CHECK_THAT(certbot("renew-rate-limited").error, Catch::StartsWith("urn:ietf:params:acme:error:rateLimited: "));
  CHECK(certbot("renew-rate-limited-failures").rate_limited_until == 1795970911);
  for (const auto& [client, folder] : {std::pair{Client::dehydrated, "dehydrated"}, std::pair{Client::lego, "lego"}}) {
    const auto output = read_renewal_output(client, recorded(std::string(folder) + "/rate-limited"), now);
    INFO(folder << output.error);
    CHECK(output.rate_limited_until == 1796040000);
    CHECK(output.failed == Names{"api.example.test"});
    CHECK_THAT(output.error, Catch::StartsWith("urn:ietf:params:acme:error:rateLimited: too many certificates (5)"));
  }
}

TEST_CASE("only a rate limit's own time counts, and none that is far off or wrong") {
  const auto until = [](const std::string& problem) {
    return read_renewal_output(Client::certbot, "Failed to renew certificate a with error: " + problem + "\n", now)
        .rate_limited_until;
  };
  const std::string limited = "urn:ietf:params:acme:error:rateLimited :: x :: too many";
  CHECK(until(limited + ". Retry after 2026-11-30T12:00:00Z: see https://x/") == 1796040000);
  CHECK_FALSE(until("urn:ietf:params:acme:error:serverInternal :: retry after 2026-11-30 12:00:00 UTC"));
  CHECK_FALSE(until(limited + ", retry later\nRetry-After: 86400"));
  CHECK_FALSE(until(limited + ", retry after 2027-11-30 12:00:00 UTC"));
  CHECK_FALSE(until(limited + ", retry after 2026-13-30 12:00:00 UTC"));
  CHECK_FALSE(until(limited + ", retry after 2026-11-30 12:00:00 CET"));
  CHECK_FALSE(until(limited + ", retry after 2026"));
}

TEST_CASE("a failed hook is told by its name; what hooks print is not read") {
  const auto output = certbot("renewed-hook-failed");
  CHECK(output.failed_hooks == Names{"deploy-hook: exit status 3"});
  CHECK(output.renewed == Names{"www.example.test"});
  CHECK(output.error.empty());
  CHECK(certbot("renewed-hook-ok").failed_hooks.empty());
  const auto hostile = read_renewal_output(Client::certbot,
                                           "Hook 'deploy-hook' ran with output:\n Failed to renew certificate x with "
                                           "error: s3cr3t\n   /live/x/fullchain.pem (failure)\n\n   Domain: x\n"
                                           "Congratulations, all renewals succeeded:\n"
                                           "  /l/live/a/fullchain.pem (success)\n",
                                           now);
  CHECK(hostile.failed.empty());
  CHECK(hostile.error.empty());
  CHECK(hostile.renewed == Names{"a"});
}

TEST_CASE("certbot before 1.14 says it in other words") {
  const auto output = read_renewal_output(
      Client::certbot,
      "Attempting to renew cert (a.example.org) from /etc/letsencrypt/renewal/a.example.org.conf produced an "
      "unexpected error: Failed authorization procedure. a.example.org (http-01): "
      "urn:ietf:params:acme:error:unauthorized :: The client lacks sufficient authorization :: Invalid response. "
      "Skipping.\n"
      "All renewal attempts failed. The following certs could not be renewed:\n"
      "  /etc/letsencrypt/live/a.example.org/fullchain.pem (failure)\n"
      "IMPORTANT NOTES:\n - The following errors were reported by the server:\n\n"
      "   Domain: b.example.org\n   Type:   connection\n   Detail: Fetching\n   http://b.example.org/: Timeout\n\n"
      "   To fix these errors\n",
      now);
  CHECK(output.failed == Names{"a.example.org"});
  CHECK(output.error ==
        "urn:ietf:params:acme:error:unauthorized: The client lacks sufficient authorization :: Invalid response");
  CHECK_THAT(output.detail, Catch::EndsWith("\nurn:ietf:params:acme:error:connection: b.example.org: Fetching "
                                            "http://b.example.org/: Timeout"));
}

TEST_CASE("a command in an error may hold a secret") {
  const auto output = read_renewal_output(
      Client::certbot, "Failed to renew certificate a with error: Hook command \"/x --key s3cr3t\" returned 1\n", now);
  CHECK(output.error == "Hook command \"...\" returned 1");
}

TEST_CASE("what lego says") {
  const auto read = [](const char* name) {
    return read_renewal_output(Client::lego, recorded(std::string("lego/") + name), now);
  };
  CHECK(read("renewed").renewed == Names{"api.example.test"});
  CHECK(read("renewed").error.empty());
  CHECK(read("issued").renewed == Names{"api.example.test"});
  CHECK(read("not-due").not_due == Names{"api.example.test"});
  CHECK(read("not-due").renewed.empty());
  CHECK(read("challenge-wrong-host").failed == Names{"api.example.test"});
  CHECK(read("challenge-wrong-host").error ==
        "urn:ietf:params:acme:error:unauthorized: Non-200 status code from HTTP: "
        "http://api.example.test:80/.well-known/acme-challenge/... returned 404");
  CHECK_THAT(read("ca-unreachable").error, Catch::StartsWith("Could not create client: get directory at"));
  CHECK(read("renewed-hook-failed").failed_hooks == Names{"renew-hook: exit status 3"});
  CHECK(read("renewed-hook-failed").error.empty());
  CHECK(read("renewed-hook-ok").failed_hooks.empty());
}

TEST_CASE("what dehydrated says") {
  const auto read = [](const char* name) {
    return read_renewal_output(Client::dehydrated, recorded(std::string("dehydrated/") + name), now);
  };
  CHECK(read("renewed").renewed == Names{"api.example.test"});
  CHECK(read("renewed").error.empty());
  CHECK(read("not-due").not_due == Names{"api.example.test"});
  const auto wrong = read("challenge-wrong-host");
  CHECK(wrong.failed == Names{"api.example.test"});
  CHECK(wrong.error == "urn:ietf:params:acme:error:unauthorized: Non-200 status code from HTTP: "
                       "http://api.example.test:80/.well-known/acme-challenge/... returned 404");
  CHECK(wrong.detail == wrong.error + "\nChallenge is invalid! (returned: invalid)");
  CHECK(read("ca-unreachable").error ==
        "Problem connecting to server (get for https://authority.test:14000/dir; curl returned with 7)");
  const auto hook = read("renewed-hook-failed");
  CHECK(hook.renewed == Names{"api.example.test"});
  CHECK(hook.failed.empty());
  CHECK(hook.failed_hooks == Names{"deploy_cert: failed"});
  CHECK(read_renewal_output(Client::dehydrated, "ERROR: Lock file '/x/lock' present, aborting.\n", now).busy);
}

TEST_CASE("what acme.sh says, in both of its tenses") {
  const auto old = read_renewal_output(Client::acme_sh,
                                       "[Wed Apr 28 15:56:36 UTC 2021] ===Starting cron===\n"
                                       "[Wed Apr 28 15:56:36 UTC 2021] Renew: 'a.example.org'\n"
                                       "[Wed Apr 28 15:56:36 UTC 2021] Skip, Next renewal time is: Mon May 17 2021\n"
                                       "[Wed Apr 28 15:56:36 UTC 2021] Skipped a.example.org\n"
                                       "[Wed Apr 28 15:56:37 UTC 2021] Renew: 'b.example.org'\n"
                                       "[Wed Apr 28 15:56:38 UTC 2021] b.example.org:Verify error:Invalid response "
                                       "from http://b.example.org/.well-known/acme-challenge/Z10Ion: 404\n"
                                       "[Wed Apr 28 15:56:39 UTC 2021] Error renew b.example.org.\n"
                                       "[Wed Apr 28 15:56:40 UTC 2021] Renew: 'c.example.org'\n"
                                       "[Wed Apr 28 15:56:41 UTC 2021] Cert success.\n",
                                       now);
  CHECK(old.not_due == Names{"a.example.org"});
  CHECK(old.failed == Names{"b.example.org"});
  CHECK(old.renewed == Names{"c.example.org"});
  CHECK_THAT(old.error, Catch::StartsWith("b.example.org:Verify error:Invalid response from"));
  const auto newer = read_renewal_output(
      Client::acme_sh,
      "[Mon Jun 15 05:35:01 AM EDT 2026] Renewing: 'a.example.org'\n"
      "[Mon Jun 15 05:35:02 AM EDT 2026] Skipping. Next renewal time is: 2026-06-15T16:56:17Z\n"
      "[Mon Jun 15 05:35:02 AM EDT 2026] Renewing: 'b.example.org'\n"
      "[Mon Jun 15 05:35:03 AM EDT 2026] Create new order error. Le_OrderFinalize not found. {\"type\":"
      "\"urn:ietf:params:acme:error:rateLimited\",\"detail\":\"too many \\\"new\\\" orders, retry after 2026-11-30 "
      "12:00:00 UTC\",\"status\":429}\n"
      "[Mon Jun 15 05:35:04 AM EDT 2026] Error renewing b.example.org.\n",
      now);
  CHECK(newer.not_due == Names{"a.example.org"});
  CHECK(newer.failed == Names{"b.example.org"});
  CHECK(newer.error ==
        "urn:ietf:params:acme:error:rateLimited: too many \"new\" orders, retry after 2026-11-30 12:00:00 UTC");
  CHECK(newer.rate_limited_until == 1796040000);
}

TEST_CASE("a command of the project's own may be certbot, or anything that quotes the authority") {
  CHECK(read_renewal_output(Client::command, recorded("certbot/not-due"), now).not_due == Names{"www.example.test"});
  const auto output = read_renewal_output(
      Client::command, "oh: {\"type\": \"urn:ietf:params:acme:error:malformed\"}\npassword s3cr3t", now);
  CHECK(output.error == "urn:ietf:params:acme:error:malformed");
  CHECK(read_renewal_output(Client::command, "password s3cr3t", now).error.empty());
}

TEST_CASE("output is printable and bounded, whatever it was") {
  std::string text;
  for (int i = 0; i < 20000; ++i)
    text += "Failed to renew certificate n" + std::to_string(i) + "\xff with error: \x1b[31m" +
            std::string(900, 'e') + "\n";
  const auto output = read_renewal_output(Client::certbot, text, now);
  CHECK(output.failed.size() == 500);
  CHECK(output.failed[0] == "n0?");
  CHECK(output.error.size() <= 400);
  CHECK(output.error.find('\x1b') == std::string::npos);
  CHECK(output.detail.size() < 5000);
}
