// Task types as installed plugins would offer them, for the tests of configurations. Schemas and claims have the shapes
// that the bundled plugins use, so that every path of the readers is walked.
#pragma once

#include "config/project_config.hpp"

namespace maintain {

inline TaskType make_type(std::string name, std::string permission, std::string schema,
                          std::vector<LegacyClaim> legacy = {}) {
  TaskType type;
  type.name = std::move(name);
  type.plugin = type.name.substr(0, type.name.find('.'));
  type.permission = std::move(permission);
  type.schema = std::move(schema);
  type.legacy = std::move(legacy);
  return type;
}

inline ConfigRules test_rules() {
  ConfigRules rules;
  rules.check_cron = [](const std::string& text) -> Result<void> {  // five words, or @word: the rest is core/plan's
    int words = 0;
    bool inside = false;
    for (const char c : text) {
      if (c != ' ' && !inside) ++words;
      inside = c != ' ';
    }
    if (words == 5 || (words == 1 && text.front() == '@')) return {};
    return fail(ErrorKind::configuration, "'" + text + "' does not have five fields", "minute hour day month weekday");
  };
  rules.is_known_zone = [](const std::string& zone) {
    return zone == "UTC" || zone == "Europe/Berlin" || zone == "America/New_York";
  };

  const std::string none = R"({"type": "object", "properties": {}})";
  rules.types.push_back(make_type("apt.upgrade", "patch", R"({"type": "object", "properties": {
      "security_only": {"type": "boolean", "default": false},
      "hold": {"type": "array", "items": {"type": "string"}}}})",
      {{"maintenance_apply_when", "maintenance_apply_when", "osfixes", "", ""}}));
  rules.types.back().scope = Scope::server;
  rules.types.push_back(make_type("apt.check", "report", R"({"type": "object", "properties": {"threshold": {"type": "integer", "minimum": 0, "default": 0}}})",
      {{"check_for_available_os_fixes", "check_os_fixes_when", "availosfixes", "{}", "{}"}}));
  rules.types.push_back(make_type("reboot.if_needed", "reboot", none,
      {{"maintenance_reboot_when", "maintenance_reboot_when", "reboot", "{}", R"({"window": "30m"})"}}));
  rules.types.back().order = Order::very_last;
  rules.types.back().scope = Scope::server;
  rules.types.push_back(make_type("reboot.check", "report", "",
                                  {{"check_reboot", "maintenance_check_reboot_when", "check_reboot", "", ""}}));
  rules.types.push_back(make_type("backup.database", "backup", R"({"type": "object", "required": ["database"], "properties": {
      "database": {"type": "string", "minLength": 1},
      "engine": {"enum": ["postgresql", "mariadb"], "default": "postgresql"},
      "drill": {"type": "object", "properties": {"when": {"type": "string", "format": "cron"}}},
      "keep": {"type": "object", "minProperties": 1, "additionalProperties": {"type": "integer", "minimum": 1}}}})",
      {{"db_backup", "db_backup_when", "backupdb", "{}", R"({"engine": "postgresql"})"}}));
  rules.types.back().default_window = std::chrono::hours(12);
  rules.types.push_back(make_type("backup.directory", "backup", R"({"type": "object", "required": ["paths"], "properties": {
      "paths": {"type": "array", "minItems": 1, "items": {"type": "string", "format": "path"}},
      "exclude": {"type": "array", "items": {"type": "string"}, "default": []}}})",
      {{"directory_backup", "directory_backup_when", "backupdirectory", "{}", ""},
       {"media_backup", "", "", R"({"path": "paths"})", ""}}));
  rules.types.push_back(make_type("backup.docker_volume", "backup", R"({"type": "object", "required": ["volumes"], "properties": {
      "volumes": {"type": "array", "minItems": 1, "items": {"type": "string"}}}})",
      {{"docker_volume_backup", "docker_volume_backup_when", "backupdockervolume",
        R"({"volume_names": "volumes"})", ""}}));
  rules.types.push_back(make_type("letsencrypt.renew", "patch", R"({"type": "object", "properties": {"command": {"type": "string"}}})",
      {{"certbot", "certbot_renew_when", "renewcert", R"({"not_due_output": "", "renewed_output": ""})", ""}}));
  rules.types.push_back(make_type("pydeps.check", "report", R"({"type": "object", "properties": {
      "virtualenvs": {"type": "array", "items": {"type": "string", "format": "path"}},
      "list_command": {"type": "string"},
      "audit": {"type": "boolean", "default": true},
      "ignore": {"type": "array", "items": {"type": "string"}, "default": []}}})",
      {{"check_python_package_versions", "check_python_packages_when", "virtualenv",
        R"({"run_pipaudit": "audit", "ignored_packages": "ignore"})", ""}}));
  rules.types.push_back(make_type("command.run", "command", R"({"type": "object", "required": ["command"], "properties": {
      "command": {"anyOf": [{"type": "string", "minLength": 1}, {"type": "array", "minItems": 1, "items": {"type": "string"}}]}}})",
      {{"run_custom_command", "run_custom_command_when", "run_custom_command", "{}", ""}}));
  return rules;
}

}  // namespace maintain
