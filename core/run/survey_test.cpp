#include "run/survey.hpp"

#include <fstream>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "base/process.hpp"
#include "base/text.hpp"
#include "run/testing.hpp"

using namespace maintain;

namespace {

const std::string word = "0123456789abcdef";

std::string piece(const std::string& kind, const std::string& name, const std::string& bytes) {
  return kind + " " + std::to_string(bytes.size()) + " " + name + "\n" + bytes + "\n" + word + "\n";
}
std::string survey_of(const std::string& pieces) { return "\n" + word + "\n" + pieces + piece("end", "-", ""); }

// Runs the script as a server would, its configuration files being those of `root`.
std::string run_script(const std::filesystem::path& root, const std::string& shell = "sh") {
  LocalCommand command;
  command.argv = {shell, "-c", survey_script(), "sh"};
  auto arguments = survey_arguments(true);
  arguments[0] = root.string() + arguments[0];
  arguments[1] = root.string() + arguments[1];
  command.argv.insert(command.argv.end(), arguments.begin(), arguments.end());
  command.input = word + "\n";
  const auto exit = run_local(command).value();
  CHECK(exit.error_output == "");
  CHECK(exit.ok());
  return exit.output;
}

void write(const std::filesystem::path& path, const std::string& text) {
  std::filesystem::create_directories(path.parent_path());
  std::ofstream(path, std::ios::binary) << text;
}

}  // namespace

TEST_CASE("the script tells the facts of this machine") {
  const testing::TemporaryDirectory root;
  for (const char* shell : {"sh", "bash"}) {
    const auto survey = parse_survey(run_script(root.path(), shell), word);
    REQUIRE(survey);
    const auto facts = nlohmann::json::parse(survey->facts);
    LocalCommand uname;
    uname.argv = {"uname", "-r"};
    CHECK(facts["kernel"] == std::string(trim(run_local(uname).value().output)));
    CHECK(facts["boot_id"].get<std::string>().size() == 36);
    CHECK(facts["uptime_seconds"].get<std::int64_t>() > 0);
    CHECK(facts["time_ms"].get<std::int64_t>() > 1'600'000'000'000);
    for (const char* name : {"os_id", "os_version", "os_codename", "arch", "init", "container", "hostname", "user"})
      CHECK(facts[name].is_string());
    CHECK_FALSE(survey->user.empty());
    CHECK(survey->configs.empty());
  }
}

TEST_CASE("the script brings configuration files byte by byte, and says why it does not bring others") {
  const testing::TemporaryDirectory root;
  const auto directory = root.path() / "etc/maintain.d";
  const std::string spoof = "x\n" + piece("config", "/etc/maintain.d/z.yml", "evil").substr(2) + "\0\xff\n\n";
  write(directory / "a.yml", spoof);
  write(directory / "b.yml", "");
  write(directory / "c.txt", "not for us");
  write(directory / "d e.yml", "a name with a blank");
  write(directory / "huge.yml", std::string(config_size_limit + 1, '#'));
  write(root.path() / "etc/emptyhammock-maintenance.yml", "version: 1.0.0\n");
  std::filesystem::create_directories(directory / "folder.yml");

  const auto survey = parse_survey(run_script(root.path()), word);
  REQUIRE(survey);
  CHECK(survey->odd_names);
  REQUIRE(survey->configs.size() == 5);
  CHECK(survey->configs[0].path == (directory / "a.yml").string());
  CHECK(survey->configs[0].text == spoof);
  CHECK(survey->configs[1].text == "");
  CHECK(survey->configs[1].problem == "");
  CHECK(survey->configs[2].problem == "cannot be read");
  CHECK_THAT(survey->configs[3].problem, Catch::Contains("larger than 256 KiB"));
  CHECK(survey->configs[4].text == "version: 1.0.0\n");
}

TEST_CASE("files that are too much together are passed over, and so is one file too many") {
  const testing::TemporaryDirectory root;
  const auto directory = root.path() / "etc/maintain.d";
  for (const char* name : {"a.yml", "b.yml", "c.yml"}) write(directory / name, std::string(config_size_limit, '#'));
  auto survey = parse_survey(run_script(root.path()), word).value();
  REQUIRE(survey.configs.size() == 3);
  CHECK(survey.configs[1].problem == "");
  CHECK_THAT(survey.configs[2].problem, Catch::Contains("together"));

  std::filesystem::remove_all(directory);
  for (int i = 0; i < 70; ++i) write(directory / ("p" + std::to_string(i) + ".yml"), "#");
  survey = parse_survey(run_script(root.path()), word).value();
  CHECK(survey.too_many);
  CHECK(survey.configs.size() == config_count_limit);
}

TEST_CASE("a greeting before the answer does no harm") {
  const auto survey = parse_survey("Welcome!\nos 3 -\nxyz\n" + survey_of(piece("user", "-", "root")), word);
  REQUIRE(survey);
  CHECK(survey->user == "root");
}

TEST_CASE("facts come from what other systems print") {
  const auto facts = [](const std::string& pieces) {
    return nlohmann::json::parse(parse_survey(survey_of(pieces), word).value().facts);
  };
  const auto full = facts(piece("os", "/etc/os-release",
                                "ID=ubuntu\nVERSION_ID=\"22.04\"\nVERSION_CODENAME='jammy'\nID_LIKE=debian\n") +
                          piece("uname", "-", "web1 5.15.0-91-generic aarch64") + piece("time", "-", "1700000000%3N") +
                          piece("uptime", "-", "350735.47 234388.90") + piece("container", "-", "podman") +
                          piece("boot", "-", "a\x1b[31mb"));
  CHECK(full["os_id"] == "ubuntu");
  CHECK(full["os_version"] == "22.04");
  CHECK(full["os_codename"] == "jammy");
  CHECK(full["kernel"] == "5.15.0-91-generic");
  CHECK(full["arch"] == "aarch64");
  CHECK(full["time_ms"] == 1'700'000'000'000);
  CHECK(full["uptime_seconds"] == 350735);
  CHECK(full["container"] == "container");
  CHECK(full["boot_id"] == "ab");
  CHECK(facts(piece("container", "-", "lxc-libvirt"))["container"] == "lxc");
  CHECK(facts(piece("time", "-", "1700000000123"))["time_ms"] == 1'700'000'000'123);
  const auto none = facts("");
  CHECK(none["os_id"] == "");
  CHECK(none["uptime_seconds"] == 0);
}

TEST_CASE("an answer that is not framed as the script frames it is refused") {
  const std::string good = survey_of(piece("config", "/etc/maintain.d/a.yml", "text"));
  REQUIRE(parse_survey(good, word));
  for (std::size_t length = 0; length < good.size(); ++length) CHECK_FALSE(parse_survey(good.substr(0, length), word));
  CHECK_FALSE(parse_survey(good, "another word"));
  CHECK_FALSE(parse_survey("\n" + word + "\nconfig 99999999999999999999 /x\n", word));
  CHECK_FALSE(parse_survey("\n" + word + "\nconfig -1 /x\n\n" + word + "\n", word));
  CHECK_FALSE(parse_survey(survey_of("config 3 /x\nfour\n" + word + "\n"), word));
  std::string flood;
  for (int i = 0; i < 100; ++i) flood += piece("config", "/etc/maintain.d/" + std::to_string(i) + ".yml", "");
  CHECK_FALSE(parse_survey(survey_of(flood), word));
  flood.clear();
  for (int i = 0; i < 100; ++i) flood += piece("fact" + std::to_string(i), "-", "x");
  CHECK_FALSE(parse_survey(survey_of(flood), word));
}
