// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <type_traits>

#include "larder/code/source_text.h"

namespace larder::detail {

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
template <typename Result, typename Object, typename... Args, bool is_noexcept>
struct SignatureOf<Result (Object::*)(Args...) noexcept(is_noexcept)> {
  using Type = Result(Object&, Args...);
};
template <typename Result, typename Object, typename... Args, bool is_noexcept>
struct SignatureOf<Result (Object::*)(Args...) const noexcept(is_noexcept)> {
  using Type = Result(const Object&, Args...);
};

/// The signature of a call operator, without the object.
template <typename Member>
struct CallOperator {
  using Type = void;
};
template <typename Result, typename Object, typename... Args, bool is_noexcept>
struct CallOperator<Result (Object::*)(Args...) noexcept(is_noexcept)> {
  using Type = Result(Args...);
};
template <typename Result, typename Object, typename... Args, bool is_noexcept>
struct CallOperator<Result (Object::*)(Args...) const noexcept(is_noexcept)> {
  using Type = Result(Args...);
};

template <typename F>
  requires requires { &F::operator(); }
struct SignatureOf<F> {
  using Type = typename CallOperator<decltype(&F::operator())>::Type;
};

template <typename F>
struct SignatureOf<SourceFunction<F>> : SignatureOf<F> {};

/// A memoized function says it itself.
template <typename F>
  requires requires { typename F::Signature; }
struct SignatureOf<F> {
  using Type = typename F::Signature;
};

}  // namespace larder::detail
