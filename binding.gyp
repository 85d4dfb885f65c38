# A second way to build the addon: node-gyp configure build. Its sources are those of native/CMakeLists.txt.
{
  "targets": [
    {
      "target_name": "wirelet",
      "sources": [
        "<!@(node src/setup/native-sources.mjs)"
      ],
      "include_dirs": [
        "<!(node -p \"require('node-api-headers').include_dir\")",
        "<!(node -p \"require('node-addon-api').include_dir\")",
        "native/addon",
        "native/tender",
        "native/vswitch"
      ],
      "defines": ["NAPI_VERSION=8", "NAPI_DISABLE_CPP_EXCEPTIONS", "_GNU_SOURCE"],
      "cflags_cc!": ["-std=gnu++17", "-std=gnu++20", "-fno-omit-frame-pointer"],
      "cflags_cc": ["-std=c++20", "-O2", "-fno-exceptions", "-fno-rtti", "-fno-strict-aliasing", "-fvisibility=hidden"],
      "libraries": ["-ldl", "-lpthread"]
    }
  ]
}
