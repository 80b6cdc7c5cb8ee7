// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <concepts>
#include <cstddef>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>

#include "larder/core/fields.h"
#include "larder/core/type_list.h"
#include "larder/key/key_codec.h"

namespace larder {

namespace detail {

/// What is taken apart in another way than by its members, like `std::array`.
template <typename T>
concept TupleLike = requires { std::tuple_size<T>::value; };

/// An aggregate whose members can be told apart. One without members says nothing, and may mean
/// something else, as `std::monostate` does.
template <typename T>
concept VisibleAggregate = Aggregate<T> && !std::is_empty_v<T> && !TupleLike<T> && !has_base<T> &&
                           visible_fields<T>() <= max_fields;

template <typename T>
struct MembersOf {
  using Type = Types<>;
};
template <VisibleAggregate T>
struct MembersOf<T> {
  using Type = FieldTypes<T>;
};
template <typename T, std::size_t size>
struct MembersOf<T[size]> {
  using Type = Types<T>;
};

template <typename T>
struct ArgumentsOf {
  using Type = Types<>;
};
template <template <typename...> typename Template, typename... T>
struct ArgumentsOf<Template<T...>> {
  using Type = Types<T...>;
};
template <typename T, std::size_t size>
struct ArgumentsOf<std::array<T, size>> {
  using Type = Types<T>;
};

/// Whether a `T` has, or leads to, a `Sought`; `Seen` is what was looked at on the way. Asked
/// first, since what a concept says of a type must not depend on what it says of that type.
template <typename Sought, typename T, typename... Seen>
struct LeadsTo;

template <typename Sought, typename List, typename... Seen>
struct AnyLeadsTo;
template <typename Sought, typename... T, typename... Seen>
struct AnyLeadsTo<Sought, Types<T...>, Seen...> : std::disjunction<LeadsTo<Sought, T, Seen...>...> {
};

template <typename Sought, typename T, typename... Seen>
struct PartLeadsTo
    : std::disjunction<AnyLeadsTo<Sought, typename MembersOf<T>::Type, T, Seen...>,
                       AnyLeadsTo<Sought, typename ArgumentsOf<T>::Type, T, Seen...>> {};

template <typename Sought, typename T, typename... Seen>
struct LeadsTo
    : std::disjunction<std::is_same<Sought, T>,
                       std::conjunction<std::negation<std::disjunction<std::is_same<T, Seen>...>>,
                                        PartLeadsTo<Sought, T, Seen...>>> {};

/// A member, or an element of one.
template <typename T>
inline constexpr bool is_key_field = KeyEncodable<T>;
template <std::size_t size>
inline constexpr bool is_key_field<char[size]> = true;
template <typename T, std::size_t size>
inline constexpr bool is_key_field<T[size]> = is_key_field<T>;

template <typename T>
inline constexpr bool are_key_fields = false;
template <typename... Field>
inline constexpr bool are_key_fields<Types<Field...>> =
    std::conjunction_v<std::bool_constant<is_key_field<Field>>...>;

template <typename T>
inline constexpr bool are_read_back = false;
template <typename... Field>
inline constexpr bool are_read_back<Types<Field...>> =
    std::conjunction_v<std::bool_constant<KeyDecodable<Field>>...>;

template <typename Field>
void encode_key_field(const Field& field, KeyWriter& out) {
  if constexpr (std::same_as<std::remove_extent_t<Field>, char> && std::is_array_v<Field>) {
    // What is behind the first NUL may be what tells two values apart.
    std::string_view text(&field[0], std::extent_v<Field>);
    text = text.substr(0, text.find_last_not_of('\0') + 1);
    out.write_text(text);
  } else if constexpr (std::is_array_v<Field>) {
    out.begin_tuple();
    for (const auto& element : field) encode_key_field(element, out);
    out.end_tuple();
  } else {
    encode_key(field, out);
  }
}

template <typename T, typename... Field>
T decode_key_fields(KeyReader& in, Types<Field...> /*fields*/) {
  return T{KeyCodec<Field>::decode(in)...};  // braces: from left to right
}

}  // namespace detail

/// A plain aggregate of 1 to 64 members, all of which can be keys: the tuple of them, in order of
/// declaration. A C array is a tuple, or for characters text up to the NULs at its end; an
/// aggregate with one is not read back. Specialise `KeyCodec` for a class whose values are equal
/// although a member is not, that leads to itself, or that has an anonymous union.
template <detail::VisibleAggregate T>
  requires(!detail::AnyLeadsTo<T, detail::FieldTypes<T>>::value &&
           detail::are_key_fields<detail::FieldTypes<T>>)
struct KeyCodec<T> {
  static void encode(const T& value, KeyWriter& out) {
    out.begin_tuple();
    detail::visit_fields(
        value, [&](const auto&... field) { (detail::encode_key_field(field, out), ...); });
    out.end_tuple();
  }
  static T decode(KeyReader& in)
    requires detail::are_read_back<detail::FieldTypes<T>>
  {
    in.begin_tuple();
    T value = detail::decode_key_fields<T>(in, detail::FieldTypes<T>());
    in.end_tuple();
    return value;
  }
};

}  // namespace larder
