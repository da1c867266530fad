// A document of which only some members are built.
#pragma once

#include <vector>

#include <nlohmann/json.hpp>

#include "pydeps/base/bounded_json.hpp"

namespace maintain::pydeps {

// Takes what the parser meets and builds what `keep` wants of it. nlohmann/json's own callback looks through the whole
// array again behind each of its elements, which takes minutes for a project of a hundred thousand files.
class KeptJson : public nlohmann::json_sax<Json> {
 public:
  explicit KeptJson(const KeepMember& keep) : keep_(keep) {}

  // When the whole text was read: what it is, without the members that nobody wanted.
  Json& value() { return value_; }

  bool null() override { return add(nullptr); }
  bool boolean(bool value) override { return add(value); }
  bool number_integer(number_integer_t value) override { return add(value); }
  bool number_unsigned(number_unsigned_t value) override { return add(value); }
  bool number_float(number_float_t value, const string_t&) override { return add(value); }
  bool string(string_t& value) override { return add(std::move(value)); }
  bool binary(binary_t&) override { return false; }  // JSON has none
  bool start_object(std::size_t) override { return open(Json::object()); }
  bool key(string_t& name) override;
  bool end_object() override { return close(); }
  bool start_array(std::size_t) override { return open(Json::array()); }
  bool end_array() override { return close(); }
  bool parse_error(std::size_t, const std::string&, const nlohmann::detail::exception&) override { return false; }

 private:
  bool add(Json value);
  bool open(Json empty);
  bool close();
  Json* place(Json value);

  const KeepMember& keep_;
  Json value_ = {};
  std::vector<Json*> open_ = {};  // each stays where it is: only the innermost one grows
  Json* member_ = nullptr;        // where the value of the last key belongs
  std::size_t unwanted_ = 0;      // arrays and objects that are open within a member that is not kept, itself included
  bool next_is_unwanted_ = false;
};

}  // namespace maintain::pydeps
