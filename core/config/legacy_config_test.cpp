#include "config/legacy_config.hpp"

#include <catch2/catch.hpp>

#include <fstream>
#include <iterator>

#include "base/text.hpp"
#include "config/project_config.hpp"
#include "config/test_rules.hpp"

using namespace maintain;
using std::chrono::minutes;

namespace {

const std::string path(legacy_config_path);

ParsedProject parse(std::string_view text, const ConfigRules& rules = test_rules()) {
  return parse_project_config(path, text, rules);
}

ParsedProject parse_file(const std::string& name, const ConfigRules& rules = test_rules()) {
  std::ifstream file(MAINTAIN_TESTDATA "/" + name);
  REQUIRE(file);
  const std::string text((std::istreambuf_iterator<char>(file)), {});
  return parse(text, rules);
}

std::vector<std::string> told(const ParsedProject& parsed) {
  std::vector<std::string> all;
  for (const Error& error : parsed.errors) all.push_back(error.describe());
  return all;
}

// "name use when options", one task a line.
std::vector<std::string> lines(const ParsedProject& parsed) {
  std::vector<std::string> all;
  for (const TaskSpec& task : parsed.project.tasks)
    all.push_back(task.name + " | " + task.use + " | " + task.when + " | " + task.options);
  return all;
}

const TaskSpec& task(const ParsedProject& parsed, std::string_view name) {
  for (const TaskSpec& spec : parsed.project.tasks)
    if (spec.name == name) return spec;
  FAIL("no task " << name << ": " << join(told(parsed), "\n"));
  throw std::logic_error("unreachable");
}

using Lines = std::vector<std::string>;

}  // namespace

TEST_CASE("the file that the earlier bot's Ansible role writes") {
  const ParsedProject parsed = parse_file("legacy-role.yml");
  CHECK(told(parsed) == Lines{});
  CHECK(parsed.usable);
  CHECK(parsed.project.name.empty());
  CHECK(parsed.project.file == path);
  CHECK(parsed.project.timezone == "UTC");
  CHECK(lines(parsed) == Lines{
      R"(maintenance_apply | apt.upgrade | 5 21 * * * | {"security_only":false})",
      R"(maintenance_reboot | reboot.if_needed | 6 21 * * 0,2,4,6 | {})",
      R"(check_python_package_versions | pydeps.check | 15 5,17 * * * | {"audit":true,"ignore":[],"list_command":"/home/shop/bin/pip_freeze.sh"})",
      R"(check_for_available_os_fixes | apt.check | 0 12 * * sun | {"threshold":5})",
      R"(db_backup | backup.database | 20 20 * * * | {"database":"shop","engine":"postgresql"})",
      R"(directory_backup | backup.directory | 20 20 * * * | {"exclude":[],"paths":["/srv/shop/media"]})",
      R"(certbot | letsencrypt.renew | 25 0 * * * | {"command":"/home/shop/bin/renew_certificate.sh"})"});
}

TEST_CASE("all keys of the earlier bot") {
  const ParsedProject parsed = parse_file("legacy-all.yml");
  CHECK(told(parsed) == Lines{});
  CHECK(lines(parsed) == Lines{
      R"(maintenance_apply | apt.upgrade | 5 21 * * * | {"security_only":false})",
      R"(maintenance_reboot | reboot.if_needed | 6 21 * * sun,tue,thu,sat | {})",
      R"(check_for_available_os_fixes | apt.check | 0 12 * * sun | {"threshold":5})",
      R"(check_reboot | reboot.check | 0 12 * * * | {})",
      R"(certbot | letsencrypt.renew | 25 0,12 * * * | {"command":"/usr/local/bin/renew.sh --quiet"})",
      R"(check_python_package_versions | pydeps.check | 15 5,17 * * * | {"audit":true,"ignore":["pkg-resources","html5lib"],"list_command":"/srv/shop/bin/pip_freeze.sh"})",
      R"(db_backup | backup.database | 20 20 * * * | {"database":"shop_production","engine":"postgresql"})",
      R"(media_backup | backup.directory | 30 20 * * * | {"exclude":[],"paths":["/srv/shop/media/"]})",
      R"(directory_backup | backup.directory | 40 20 * * * | {"exclude":[],"paths":["/etc/","/srv/shop/uploads/","/var/lib/shop data/"]})",
      R"(docker_volume_backup | backup.docker_volume | 50 20 * * * | {"volumes":["shop_redis","shop_uploads"]})",
      R"(run_custom_command | command.run | 0 6 * * mon | {"command":"/usr/local/bin/disk-report --all | sort -n"})"});
}

TEST_CASE("each key brings its name in the status file and on the command line") {
  const ParsedProject parsed = parse_file("legacy-all.yml");
  Lines keys;
  for (const TaskSpec& spec : parsed.project.tasks) keys.push_back(spec.legacy_status_key + " " + spec.legacy_nickname);
  CHECK(keys == Lines{"maintenance_apply_when osfixes", "maintenance_reboot_when reboot",
                      "check_os_fixes_when availosfixes",
                      "maintenance_check_reboot_when check_reboot", "certbot_renew_when renewcert",
                      "check_python_packages_when virtualenv",
                      "db_backup_when backupdb", " ", "directory_backup_when backupdirectory",
                      "docker_volume_backup_when backupdockervolume", "run_custom_command_when run_custom_command"});
  const TaskSpec& reboot = task(parsed, "maintenance_reboot");
  CHECK(reboot.window == minutes(30));
  CHECK(reboot.order == Order::very_last);
  CHECK(reboot.scope == Scope::server);
  CHECK(reboot.permission == "reboot");
  CHECK(reboot.where == Position{path, 6, 1});
  CHECK_FALSE(task(parsed, "maintenance_apply").window);
}

TEST_CASE("what templates quoted is read as meant") {
  const ParsedProject parsed = parse_file("legacy-quoted.yml");
  CHECK(told(parsed) == Lines{});
  CHECK(lines(parsed) == Lines{
      R"(maintenance_apply | apt.upgrade | 5 21 * * * | {"security_only":false})",
      R"(maintenance_reboot | reboot.if_needed | 6 21 * * sun | {})",
      R"(check_for_available_os_fixes | apt.check | 0 12 * * sun | {"threshold":5})",
      R"(check_reboot | reboot.check | 0 12 * * * | {})",
      R"(certbot | letsencrypt.renew | 25 0 * * * | {})",
      R"(check_python_package_versions | pydeps.check | 15 5,17 * * * | {"audit":false,"ignore":["pkg-resources","html5lib"],"list_command":"/srv/shop/bin/pip_freeze.sh"})",
      R"(db_backup | backup.database | 20 20 * * * | {"database":"2024","engine":"postgresql"})",
      R"(media_backup | backup.directory | 30 20 * * * | {"exclude":[],"paths":["/srv/shop/media"]})",
      R"(directory_backup | backup.directory | 40 20 * * * | {"exclude":[],"paths":["/etc/","/srv/shop/uploads"]})",
      R"(docker_volume_backup | backup.docker_volume | 50 20 * * * | {"volumes":["shop_redis"]})",
      R"(run_custom_command | command.run | 0 6 * * mon | {"command":"/usr/local/bin/disk-report\n"})"});
}

TEST_CASE("what the earlier bot passed over in silence is told, and costs no task") {
  const ParsedProject parsed = parse_file("legacy-messy.yml");
  CHECK(parsed.usable);
  CHECK(lines(parsed) == Lines{
      R"(maintenance_apply | apt.upgrade | 5 21 * * * | {"security_only":false})",
      R"(db_backup | backup.database | 20 20 * * * | {"database":"shop_production","engine":"postgresql"})",
      R"(check_python_package_versions | pydeps.check | 15 5 * * * | {"audit":true,"ignore":[],"list_command":"/srv/bin/list"})"});
  CHECK(told(parsed) == Lines{
      path + ":9:5: 'db_backup': unknown key 'compress', passed over",
      path + ":10:5: the key 'database' is repeated; it is already on line 8, column 5 (keep one of them)",
      path + ":11:1: unknown key 'set_clock' (no installed plugin takes it)",
      path + ":12:1: unknown key 'maintenance_aply_when' (did you mean 'maintenance_apply_when'?)"});
}

TEST_CASE("a key whose plugin is not installed gives one clear error") {
  ConfigRules rules = test_rules();
  std::erase_if(rules.types, [](const TaskType& type) { return type.plugin != "apt" && type.plugin != "reboot"; });
  const ParsedProject parsed = parse_file("legacy-all.yml", rules);
  CHECK(parsed.usable);
  CHECK(parsed.project.tasks.size() == 4);
  REQUIRE(parsed.errors.size() == 7);
  CHECK(parsed.errors[0].describe() ==
        path + ":14:1: 'certbot' needs the plugin 'letsencrypt', which is not installed (maintain plugins list shows "
               "what is installed)");
  CHECK(parsed.errors[2].message == "'db_backup' needs the plugin 'backup', which is not installed");
}

TEST_CASE("what cannot be read as meant costs the task it stands in") {
  const auto error = [](const std::string& text) {
    const ParsedProject parsed = parse(text + "\ncheck_reboot: 0 12 * * *\n");
    CHECK(parsed.usable);
    CHECK(lines(parsed).size() == 1);
    CHECK(parsed.errors.size() == 1);
    return parsed.errors.empty() ? "" : parsed.errors.front().describe();
  };
  CHECK(error("db_backup:") == path + ":1:1: 'db_backup' must be a cron line, or a mapping with 'when'");
  CHECK(error("db_backup: [a]") == path + ":1:12: 'db_backup' must be a cron line, or a mapping with 'when'");
  CHECK(error("db_backup: {database: x}") == path + ":1:1: 'db_backup' has no cron line in 'when'");
  CHECK(error("db_backup: {when: , database: x}") == path + ":1:13: 'db_backup' has no cron line in 'when'");
  CHECK(error("db_backup: 0 5 * * *") == path + ":1:1: task 'db_backup': 'database' is missing");
  CHECK(error("db_backup: {when: often, database: x}").find(":1:19: task 'db_backup': 'when' must be a cron line") !=
        std::string::npos);
  CHECK(error("check_for_available_os_fixes: {when: 0 5 * * *, threshold: many}") ==
        path + ":1:60: task 'check_for_available_os_fixes': 'threshold' must be a whole number, not 'many'");
  CHECK(error("media_backup: {when: 0 5 * * *, path: srv}").find("'paths[0]' must be an absolute path, not 'srv'") !=
        std::string::npos);
}

TEST_CASE("an option said twice under two names keeps the first") {
  const ParsedProject parsed = parse("media_backup: {when: 0 5 * * *, path: /a, paths: [/b]}\n");
  CHECK(lines(parsed) == Lines{R"(media_backup | backup.directory | 0 5 * * * | {"exclude":[],"paths":["/a"]})"});
  CHECK(told(parsed) ==
        Lines{path + ":1:43: 'media_backup': 'paths' says again what another key says (keep one of them)"});
}

TEST_CASE("an unusable file") {
  CHECK_FALSE(parse("").usable);
  CHECK_FALSE(parse("just text").usable);
  CHECK_FALSE(parse("a: 'b").usable);
  const ParsedProject newer = parse("version: 2\ntasks: {}\n");
  CHECK_FALSE(newer.usable);
  CHECK(told(newer) == Lines{path +
                             ":1:1: this file is read in the earlier bot's format, version 1 (a version 2 "
                             "configuration belongs into /etc/maintain.d/NAME.yml)"});
  CHECK(parse("{}").usable);
}

TEST_CASE("third parties can claim keys, and names stay valid and distinct") {
  ConfigRules rules = test_rules();
  rules.types.push_back(make_type("x.y", "report", "",
                                  {{"My Key_when", "", "", "", ""}, {"my-key", "", "", "", ""}, {"-9", "", "", "", R"({"timeout": "5m"})"}, {"--", "", "", "", ""}}));
  const ParsedProject parsed = parse("My Key_when: 0 5 * * *\nmy-key: 0 6 * * *\n-9: 0 7 * * *\n--: 0 8 * * *\n",
                                     rules);
  CHECK(told(parsed) == Lines{});
  CHECK(lines(parsed) ==
        Lines{"my-key | x.y | 0 5 * * * | {}", "my-key-2 | x.y | 0 6 * * * | {}", "9 | x.y | 0 7 * * * | {}",
              "task | x.y | 0 8 * * * | {}"});
  CHECK(task(parsed, "9").timeout == minutes(5));
}

TEST_CASE("claims are checked against their task type's schema") {
  for (const TaskType& type : test_rules().types)
    for (const LegacyClaim& claim : type.legacy) CHECK(check_legacy_claim(claim, type).empty());
  const TaskType type = make_type("a.b", "", R"({"type": "object", "properties": {"paths": {}}})");
  const auto problem = [&](std::string options, std::string defaults) {
    const auto errors = check_legacy_claim({"k", "", "", std::move(options), std::move(defaults)}, type);
    return errors.empty() ? "" : errors.front().message;
  };
  CHECK(problem(R"({"path": "paths", "old": ""})", R"({"window": "5m", "paths": []})").empty());
  CHECK(problem("[]", "") == "legacy key 'k': options must be a JSON object");
  CHECK(problem("", "{") == "legacy key 'k': defaults must be a JSON object");
  CHECK(problem(R"({"path": "path"})", "") ==
        "legacy key 'k': options: 'path' leads to 'path', which the schema does not have");
  CHECK(problem(R"({"path": 5})", "") == "legacy key 'k': options: 'path' must lead to an option's name, or to \"\"");
  CHECK(problem("", R"({"x": 1})") == "legacy key 'k': defaults: the schema does not have 'x'");
  CHECK(problem("", R"({"when": "x"})") == "legacy key 'k': defaults: 'when' cannot have one");
}
