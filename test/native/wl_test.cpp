#include "wl_test.h"

int main() {
  using namespace wl::test;
  Test *ordered = nullptr;
  while (Test *test = tests()) {
    tests() = test->next;
    test->next = ordered;
    ordered = test;
  }
  int number = 0, failed = 0;
  for (const Test *test = ordered; test != nullptr; test = test->next) {
    failures() = 0;
    test->body();
    number += 1;
    if (failures() != 0) failed += 1;
    printf("%sok %d - %s\n", failures() != 0 ? "not " : "", number, test->sentence);
  }
  printf("1..%d\n", number);
  if (failed != 0) printf("# replay: WIRELET_SEED=%llu\n", static_cast<unsigned long long>(seed()));
  return failed == 0 ? 0 : 1;
}
