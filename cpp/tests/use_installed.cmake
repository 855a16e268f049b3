# Install the core to a fresh prefix, then build and run the example against nothing but that.
function(run)
  execute_process(COMMAND ${ARGV} COMMAND_ERROR_IS_FATAL ANY)
endfunction()

file(REMOVE_RECURSE ${SCRATCH_DIR})
run(${CMAKE_COMMAND} --install ${BUILD_DIR} --config ${CONFIG} --component core
    --prefix ${SCRATCH_DIR}/prefix)
run(${CMAKE_COMMAND} -S ${EXAMPLE_DIR} -B ${SCRATCH_DIR}/build -G ${GENERATOR}
    -D CMAKE_PREFIX_PATH=${SCRATCH_DIR}/prefix
    -D CMAKE_BUILD_TYPE=${CONFIG}
    -D CMAKE_CXX_COMPILER=${CXX_COMPILER}
    -D CMAKE_RUNTIME_OUTPUT_DIRECTORY=${SCRATCH_DIR}/bin)
run(${CMAKE_COMMAND} --build ${SCRATCH_DIR}/build --config ${CONFIG})

find_program(EXAMPLE count_cracks PATHS ${SCRATCH_DIR}/bin PATH_SUFFIXES ${CONFIG}
             NO_DEFAULT_PATH REQUIRED)
execute_process(COMMAND ${EXAMPLE} OUTPUT_VARIABLE output COMMAND_ERROR_IS_FATAL ANY)
if(NOT output STREQUAL "2 cracks\n")
  message(FATAL_ERROR "the example printed '${output}', not '2 cracks'")
endif()
