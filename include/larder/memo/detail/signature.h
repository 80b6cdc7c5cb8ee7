// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <type_traits>

#include "larder/code/source_text.h"

namespace larder::detail {

/// What a member function is called with, with and without its object; `void` for rare kinds.
template <typename Member>
struct MemberFunction {
  using WithObject = void;
  using WithoutObject = void;
};

template <typename Result, typename Object, typename... Args>
struct MemberSignature {
  using WithObject = Result(Object, Args...);
  using WithoutObject = Result(Args...);
};

template <typename Result, typename Object, typename... Args, bool is_noexcept>
struct MemberFunction<Result (Object::*)(Args...) noexcept(is_noexcept)>
    : MemberSignature<Result, Object&, Args...> {};
template <typename Result, typename Object, typename... Args, bool is_noexcept>
struct MemberFunction<Result (Object::*)(Args...) const noexcept(is_noexcept)>
    : MemberSignature<Result, const Object&, Args...> {};
template <typename Result, typename Object, typename... Args, bool is_noexcept>
struct MemberFunction<Result (Object::*)(Args...) & noexcept(is_noexcept)>
    : MemberSignature<Result, Object&, Args...> {};
template <typename Result, typename Object, typename... Args, bool is_noexcept>
struct MemberFunction<Result (Object::*)(Args...) const & noexcept(is_noexcept)>
    : MemberSignature<Result, const Object&, Args...> {};
template <typename Result, typename Object, typename... Args, bool is_noexcept>
struct MemberFunction<Result (Object::*)(Args...) && noexcept(is_noexcept)>
    : MemberSignature<Result, Object&&, Args...> {};
template <typename Result, typename Object, typename... Args, bool is_noexcept>
struct MemberFunction<Result (Object::*)(Args...) const && noexcept(is_noexcept)>
    : MemberSignature<Result, const Object&&, Args...> {};

/// The signature by which a callable is called, as `Result(Parameters...)`; `void` if it has
/// several, or is no callable. The object of a member function is its first parameter.
template <typename F>
struct SignatureOf {
  using Type = void;
};

template <typename Result, typename... Args, bool is_noexcept>
struct SignatureOf<Result (*)(Args...) noexcept(is_noexcept)> {
  using Type = Result(Args...);
};

template <typename Member>
  requires std::is_member_function_pointer_v<Member>
struct SignatureOf<Member> {
  using Type = typename MemberFunction<Member>::WithObject;
};

template <typename F>
  requires requires { &F::operator(); }
struct SignatureOf<F> {
  using Type = typename MemberFunction<decltype(&F::operator())>::WithoutObject;
};

template <typename F>
struct SignatureOf<SourceFunction<F>> : SignatureOf<F> {};

/// A memoized function says it itself.
template <typename F>
  requires requires { typename F::Signature; }
struct SignatureOf<F> {
  using Type = typename F::Signature;
};

template <typename Signature, typename F>
struct ChosenSignature {
  using Type = Signature;
};
template <typename F>
struct ChosenSignature<void, F> {
  using Type = typename SignatureOf<F>::Type;
  static_assert(!std::is_void_v<Type>,
                "memoize: a function that is overloaded or a template needs a signature: "
                "memoize<int(int, double)>(where, f)");
};

/// The signature by which `F` is memoized.
template <typename Signature, typename F>
using MemoSignature = typename ChosenSignature<Signature, std::decay_t<F>>::Type;

}  // namespace larder::detail
