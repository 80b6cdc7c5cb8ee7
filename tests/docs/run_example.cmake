# Runs PROGRAM in the fresh folder FOLDER and compares what it prints with the file EXPECTED.
file(REMOVE_RECURSE ${FOLDER})
file(MAKE_DIRECTORY ${FOLDER})
execute_process(COMMAND ${PROGRAM} WORKING_DIRECTORY ${FOLDER}
  OUTPUT_VARIABLE printed RESULT_VARIABLE status)
file(READ ${EXPECTED} wanted)
if(NOT status EQUAL 0)
  message(FATAL_ERROR "${PROGRAM} ended with ${status}")
endif()
if(NOT printed STREQUAL wanted)
  message(FATAL_ERROR "expected:\n${wanted}\nprinted:\n${printed}")
endif()
