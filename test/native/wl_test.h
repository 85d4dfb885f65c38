// Tests of the native side: functions that check, run one after the other, reported as TAP.
#ifndef WL_TEST_H
#define WL_TEST_H

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <unistd.h>

namespace wl::test {

struct Test {
  const char *sentence;
  void (*body)();
  Test *next;
};

inline Test *&tests() {
  static Test *first = nullptr;
  return first;
}
inline int &failures() {
  static int count = 0;
  return count;
}
// The seed of all that is random: WIRELET_SEED, or 1.
inline uint64_t seed() {
  const char *text = getenv("WIRELET_SEED");
  return text == nullptr ? 1 : strtoull(text, nullptr, 10);
}

struct Registration {
  Test test;
  Registration(const char *sentence, void (*body)()) : test{sentence, body, tests()} { tests() = &test; }
};

// splitmix64: the same numbers everywhere.
class Random {
public:
  explicit Random(uint64_t from) : state_(from) {}
  uint64_t next() {
    uint64_t value = state_ += 0x9e3779b97f4a7c15u;
    value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9u;
    value = (value ^ (value >> 27)) * 0x94d049bb133111ebu;
    return value ^ (value >> 31);
  }
  uint64_t below(uint64_t limit) { return next() % limit; }

private:
  uint64_t state_;
};

// A file with these bytes that is gone when the object is.
class TemporaryFile {
public:
  explicit TemporaryFile(const std::string &bytes) {
    char name[] = "wirelet-test-XXXXXX";
    const char *folder = getenv("TMPDIR");
    path_ = std::string(folder == nullptr ? P_tmpdir : folder) + "/" + name;
    const int file = mkstemp(path_.data());
    if (file < 0 || write(file, bytes.data(), bytes.size()) != static_cast<ssize_t>(bytes.size())) abort();
    close(file);
  }
  ~TemporaryFile() { unlink(path_.c_str()); }
  const std::string &path() const { return path_; }

private:
  std::string path_;
};

} // namespace wl::test

#define WL_JOIN_(a, b) a##b
#define WL_JOIN(a, b) WL_JOIN_(a, b)
#define TEST(sentence)                                                                                    \
  static void WL_JOIN(body_, __LINE__)();                                                                 \
  static wl::test::Registration WL_JOIN(registration_, __LINE__)(sentence, WL_JOIN(body_, __LINE__));      \
  static void WL_JOIN(body_, __LINE__)()
#define CHECK(condition)                                                                                  \
  do {                                                                                                    \
    if (condition) break;                                                                                 \
    wl::test::failures() += 1;                                                                            \
    printf("# %s:%d: %s\n", __FILE__, __LINE__, #condition);                                              \
    return;                                                                                               \
  } while (false)

#endif
